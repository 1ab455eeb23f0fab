//! The modified Bessel function of the first kind, of order 0.

/// `I₀(x)`: the power series `Σ (x/2)^2k / (k!)²` up to 20, the asymptotic one above (Abramowitz and Stegun 9.6.12, 9.7.1).
pub(super) fn i0(x: f64) -> f64 {
    let x = x.abs();
    if !x.is_finite() {
        return x;
    }
    if x <= 20.0 {
        let square = x * x / 4.0;
        let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
        while term > sum * f64::EPSILON / 4.0 {
            term *= square / (k * k);
            sum += term;
            k += 1.0;
        }
        return sum;
    }
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    loop {
        let odd = 2.0 * k - 1.0;
        let next: f64 = term * odd * odd / (8.0 * k * x);
        if next > term || next < sum * f64::EPSILON / 4.0 {
            return x.exp() / (2.0 * std::f64::consts::PI * x).sqrt() * sum;
        }
        (term, sum, k) = (next, sum + next, k + 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::i0;

    #[test]
    fn tabled_values() {
        // Abramowitz and Stegun, table 9.8 and 9.11.
        for (x, value) in
            [(0.0, 1.0), (1.0, 1.266_065_877_752_008_4), (5.0, 27.239_871_823_604_44), (25.0, 5.774_560_606_466_31e9)]
        {
            assert!((i0(x) - value).abs() <= 1e-14 * value, "i0({x}) = {}", i0(x));
        }
        assert!((i0(20.0) / i0(20.000_000_001) - 1.0).abs() < 1e-8, "both series meet");
    }
}
