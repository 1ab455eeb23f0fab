//! Types of elements, as NumPy's files name them.

use super::super::Element;
use super::error::StoreError;
use std::path::Path;

/// NumPy's letter and number of bytes of a type: `f8` for float64.
pub(super) fn code<T: Element>() -> String {
    let kind = T::DTYPE.chars().next().unwrap_or('?');
    format!("{kind}{}", size_of::<T>())
}

/// NumPy's description of a type in the order of bytes of this machine: `<f8`.
pub(super) fn description<T: Element>() -> String {
    let order = match (size_of::<T>(), cfg!(target_endian = "big")) {
        (1, _) => '|',
        (_, false) => '<',
        (_, true) => '>',
    };
    format!("{order}{}", code::<T>())
}

/// The bytes of what is swapped in another order of bytes: of a complex number, each part of it.
pub(super) fn swapped_bytes<T: Element>() -> usize {
    if T::DTYPE.starts_with("complex") { size_of::<T>() / 2 } else { size_of::<T>() }
}

/// Whether elements of this description are in the other order of bytes than this machine's; an error if they are of
/// another type.
pub(super) fn is_swapped<T: Element>(path: &Path, description: &str) -> Result<bool, StoreError> {
    let (order, found) = match description.split_at_checked(1) {
        Some((order @ ("<" | ">" | "|" | "="), code)) => (order, code),
        _ => ("=", description),
    };
    if found != code::<T>() {
        return Err(mismatch::<T>(path, &name(found).unwrap_or_else(|| description.to_string())));
    }
    Ok(match order {
        _ if size_of::<T>() == 1 => false,
        ">" => cfg!(target_endian = "little"),
        "<" => cfg!(target_endian = "big"),
        _ => false,
    })
}

/// NumPy's name of a type, of its letter and number of bytes.
fn name(code: &str) -> Option<String> {
    let (letter, bytes) = code.split_at_checked(1)?;
    let bits = bytes.parse::<usize>().ok()?.checked_mul(8)?;
    let name = match letter {
        "b" => return Some("bool".into()),
        "i" => "int",
        "u" => "uint",
        "f" => "float",
        "c" => "complex",
        "U" => return Some(format!("texts of up to {} characters", bits / 8)),
        "S" => return Some(format!("texts of up to {} bytes", bits / 8)),
        _ => return None,
    };
    Some(format!("{name}{bits}"))
}

/// The error of elements of another type.
pub(super) fn mismatch<T: Element>(path: &Path, found: &str) -> StoreError {
    let own = ["float64", "float32", "int64", "int32", "uint8", "bool", "complex128"];
    let rust = match found {
        "float64" => "f64",
        "float32" => "f32",
        "int64" => "i64",
        "int32" => "i32",
        "uint8" => "u8",
        "bool" => "bool",
        _ => "Complex<f64>",
    };
    let remedy = match own.contains(&found) {
        true => format!("read it as `Array::<{rust}>`, and make that another type with `astype`"),
        false => format!("write it as one of {} where it comes from", own.join(", ")),
    };
    StoreError::ElementType { path: path.to_path_buf(), found: found.to_string(), wanted: T::DTYPE, remedy }
}

/// Turns the bytes of each number around.
pub(super) fn swap<T: Element>(bytes: &mut [u8]) {
    bytes.chunks_exact_mut(swapped_bytes::<T>()).for_each(<[u8]>::reverse);
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_complex::Complex;

    #[test]
    fn types_have_the_names_that_numpy_gives_them() {
        assert_eq!([code::<f64>(), code::<bool>(), code::<u8>(), code::<Complex<f64>>()], ["f8", "b1", "u1", "c16"]);
        assert_eq!(name("U12").as_deref(), Some("texts of up to 12 characters"));
        let swapped = |description| is_swapped::<i32>(Path::new("x"), description);
        assert_eq!(
            (swapped("<i4"), swapped(">i4")),
            (Ok(cfg!(target_endian = "big")), Ok(cfg!(target_endian = "little")))
        );
        let error = swapped("<i2").unwrap_err().to_string();
        assert!(error.starts_with("`x` holds int16, and was to be read as int32: write it as one of"), "{error}");
        let error = swapped("<f4").unwrap_err().to_string();
        assert!(error.contains("holds float32") && error.contains("`Array::<f32>`"), "{error}");
    }

    #[test]
    fn parts_of_complex_numbers_are_swapped_each() {
        let mut bytes: Vec<u8> = (0..16).collect();
        swap::<Complex<f64>>(&mut bytes);
        assert_eq!(bytes, [7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8]);
    }
}
