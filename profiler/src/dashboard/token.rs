//! The token that lets a browser in.

use super::error::DashboardError;
use rand::TryRng;
use rand::rngs::SysRng;
use std::fmt;
use subtle::ConstantTimeEq;

/// 128 bits of the system's randomness, as 32 digits.
#[derive(Clone)]
pub(super) struct Token(String);

impl Token {
    /// A new one.
    pub(super) fn new() -> Result<Token, DashboardError> {
        let mut bytes = [0u8; 16];
        SysRng.try_fill_bytes(&mut bytes).map_err(|error| DashboardError::System { cause: error.to_string() })?;
        Ok(Token(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// Whether this is the token. How long it takes does not tell how much of it is right.
    pub(super) fn is(&self, given: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(given).into()
    }

    /// The digits, for the address that the user is told and for the cookie.
    pub(super) fn digits(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_different_and_not_shown() {
        let (one, two) = (Token::new().unwrap(), Token::new().unwrap());
        assert_eq!(one.digits().len(), 32);
        assert_ne!(one.digits(), two.digits());
        assert!(one.is(one.digits().as_bytes()) && !one.is(two.digits().as_bytes()));
        assert!(!one.is(b"") && !one.is(&one.digits().as_bytes()[..31]));
        assert_eq!(format!("{one:?}"), "Token");
    }
}
