//! What a request asks for behind the question mark.

use super::gate::Refusal;
use actix_web::web::Query;
use std::time::Duration;

/// Bytes of a value, which is a key at the most.
const VALUE: usize = 8 << 10;

/// The moment, the stretch of time and the key that are asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Wanted {
    /// A past moment; now if there is none.
    pub(super) at: Option<Duration>,
    /// A stretch of time; all of it where it is open.
    pub(super) from: Option<Duration>,
    /// Where the stretch ends.
    pub(super) to: Option<Duration>,
    /// A key, as it is printed.
    pub(super) key: Option<String>,
    /// Names of views, with commas between them.
    pub(super) views: Option<String>,
}

impl Wanted {
    /// Reads it; what has another name is left alone.
    pub(super) fn read(query: &str) -> Result<Wanted, Refusal> {
        let pairs = Query::<Vec<(String, String)>>::from_query(query).map_err(|_| Refusal::Query)?.into_inner();
        let mut wanted = Wanted::default();
        for (name, value) in pairs {
            let twice = match name.as_str() {
                "at" => wanted.at.replace(seconds(&value)?).is_some(),
                "from" => wanted.from.replace(seconds(&value)?).is_some(),
                "to" => wanted.to.replace(seconds(&value)?).is_some(),
                _ if value.len() > VALUE => return Err(Refusal::Query),
                "key" => wanted.key.replace(value).is_some(),
                "views" => wanted.views.replace(value).is_some(),
                _ => false,
            };
            if twice {
                return Err(Refusal::Query);
            }
        }
        let backwards = matches!((wanted.from, wanted.to), (Some(from), Some(to)) if from > to);
        if backwards { Err(Refusal::Query) } else { Ok(wanted) }
    }
}

/// Seconds since the run's start, at most a century.
fn seconds(text: &str) -> Result<Duration, Refusal> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=3.2e9).contains(&seconds) => Ok(Duration::from_nanos((seconds * 1e9).round() as u64)),
        _ => Err(Refusal::Query),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_keys_are_read_and_nonsense_is_refused() {
        let wanted = Wanted::read("at=1.5&from=0&to=2&key=%3Cb%3E%26&other=1&empty").unwrap();
        let seconds = |seconds| Some(Duration::from_secs_f64(seconds));
        assert_eq!((wanted.at, wanted.from, wanted.to), (seconds(1.5), seconds(0.0), seconds(2.0)));
        assert_eq!(wanted.key.as_deref(), Some("<b>&"));
        assert_eq!(Wanted::read("").unwrap(), Wanted::default());
        for query in ["at=", "at=x", "at=NaN", "at=inf", "at=-1", "at=1e300", "at=1&at=2", "from=2&to=1", "key=a&key=b"]
        {
            assert_eq!(Wanted::read(query), Err(Refusal::Query), "{query}");
        }
        assert_eq!(Wanted::read(&format!("key={}", "a".repeat(9_000))), Err(Refusal::Query));
    }
}
