//! Functions of complex numbers, without loss near branch points and without overflow on the way.
//!
//! Inverse functions are Kahan's ("Branch cuts for complex elementary functions, or much ado about nothing's sign bit",
//! 1987), quotients Smith's (1962); what is harmless is num-complex's.

use num_complex::Complex;

type C = Complex<f64>;

/// A quotient that does not overflow where it need not.
pub(crate) fn quotient(x: C, y: C) -> C {
    if y.re.abs() >= y.im.abs() {
        let ratio = y.im / y.re;
        let below = y.re + y.im * ratio;
        return match y.re == 0.0 {
            true => Complex::new(x.re / y.re, x.im / y.re),
            false => Complex::new((x.re + x.im * ratio) / below, (x.im - x.re * ratio) / below),
        };
    }
    let ratio = y.re / y.im;
    let below = y.re * ratio + y.im;
    Complex::new((x.re * ratio + x.im) / below, (x.im * ratio - x.re) / below)
}

/// i times a number.
fn turned(z: C) -> C {
    Complex::new(-z.im, z.re)
}

/// A number divided by i.
fn turned_back(z: C) -> C {
    Complex::new(z.im, -z.re)
}

macro_rules! harmless {
    ($($name:ident),*) => {
        $(pub(super) fn $name(z: C) -> C {
            z.$name()
        })*
    };
}

harmless!(exp, exp2, ln, log2, log10, sqrt, sin, cos, sinh, cosh);

pub(super) fn asin(z: C) -> C {
    let (one, other) = (Complex::new(1.0 + z.re, z.im).sqrt(), Complex::new(1.0 - z.re, -z.im).sqrt());
    let real = z.re.atan2(one.re * other.re - one.im * other.im);
    Complex::new(real, (other.re * one.im - other.im * one.re).asinh())
}

pub(super) fn acos(z: C) -> C {
    let (one, other) = (Complex::new(1.0 - z.re, -z.im).sqrt(), Complex::new(1.0 + z.re, z.im).sqrt());
    Complex::new(2.0 * one.re.atan2(other.re), (other.re * one.im - other.im * one.re).asinh())
}

pub(super) fn atanh(z: C) -> C {
    let (x, y) = (z.re, z.im);
    let near = (1.0 - x) * (1.0 - x) + y * y;
    let real = if x == 0.0 { x } else { (4.0 * x / near).ln_1p() / 4.0 };
    Complex::new(real, (2.0 * y).atan2((1.0 - x) * (1.0 + x) - y * y) / 2.0)
}

pub(super) fn atan(z: C) -> C {
    turned_back(atanh(turned(z)))
}

pub(super) fn asinh(z: C) -> C {
    turned_back(asin(turned(z)))
}

pub(super) fn acosh(z: C) -> C {
    let (one, other) = (Complex::new(z.re - 1.0, z.im).sqrt(), Complex::new(z.re + 1.0, z.im).sqrt());
    let real = (one.re * other.re + one.im * other.im).asinh();
    Complex::new(real, 2.0 * one.im.atan2(other.re))
}

pub(super) fn tanh(z: C) -> C {
    match z.re.abs() > 20.0 {
        true => {
            let fade = 4.0 * z.im.sin() * z.im.cos() * (-2.0 * z.re.abs()).exp();
            Complex::new(1f64.copysign(z.re), fade)
        }
        false => z.tanh(),
    }
}

pub(super) fn tan(z: C) -> C {
    turned_back(tanh(turned(z)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(found: C, re: f64, im: f64) {
        let scale = re.hypot(im);
        assert!((found.re - re).abs() <= 1e-14 * scale && (found.im - im).abs() <= 1e-14 * scale, "{found}");
    }

    #[test]
    fn values_of_numpy_near_cuts_and_far_away() {
        near(asin(C::new(1e8, 1.0)), 1.570_796_316_794_896_6, 19.113_827_924_512_31);
        near(asin(C::new(4.0, 0.0)), std::f64::consts::FRAC_PI_2, 2.063_437_068_895_560_7);
        near(acos(C::new(4.0, 0.0)), 0.0, -2.063_437_068_895_560_7);
        near(atanh(C::new(4.0, 0.0)), 0.255_412_811_882_995_36, std::f64::consts::FRAC_PI_2);
        near(asinh(C::new(1e-200, 1e-200)), 1e-200, 1e-200);
        near(atan(C::new(1e-9, 1e-9)), 1e-9, 1e-9);
        near(tanh(C::new(-800.0, 1.0)), -1.0, 0.0);
        near(tan(C::new(1.0, 800.0)), 0.0, 1.0);
        near(quotient(C::new(1e200, 1e200), C::new(1e200, 1e200)), 1.0, 0.0);
        near(acosh(C::new(-4.0, 0.0)), 2.063_437_068_895_560_7, std::f64::consts::PI);
    }

    #[test]
    fn functions_undo_each_other() {
        for re in [-3.0, -0.5, 0.1, 2.5] {
            for im in [-2.0, -0.3, 0.4, 1.5] {
                let z = C::new(re, im);
                near(sin(asin(z)), re, im);
                near(cos(acos(z)), re, im);
                near(tan(atan(z)), re, im);
                near(sinh(asinh(z)), re, im);
                near(cosh(acosh(z)), re, im);
                near(tanh(atanh(z)), re, im);
            }
        }
    }
}
