//! Numbers of half precision, IEEE 754's binary16.

/// The same number in double precision, which has every number of half precision (RFC 8949, appendix D).
pub(super) fn half(bits: u16) -> f64 {
    let mantissa = f64::from(bits & 0x3ff);
    // 2 to the power of `exponent - 25`: the exponent's bias of 15 and the 10 bits of the mantissa taken off, 1023 put on.
    let power = |exponent: u16| f64::from_bits(u64::from(exponent).saturating_add(998) << 52);
    let value = match (bits >> 10) & 0x1f {
        0 => mantissa * power(1),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (mantissa + 1024.0) * power(exponent),
    };
    if bits >> 15 == 1 { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::half;
    use proptest::prelude::*;

    /// RFC 8949, appendix A: every number there that is written in half precision.
    #[test]
    fn the_numbers_of_the_specification_are_read() {
        let numbers = [
            (0x0000, 0.0),
            (0x8000, -0.0),
            (0x3c00, 1.0),
            (0x3e00, 1.5),
            (0x7bff, 65_504.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x0400, 0.000_061_035_156_25),
            (0xc400, -4.0),
            (0x7c00, f64::INFINITY),
            (0xfc00, f64::NEG_INFINITY),
        ];
        for (bits, number) in numbers {
            assert_eq!(half(bits).to_bits(), f64::to_bits(number), "{bits:#06x}");
        }
        assert!(half(0x7e00).is_nan());
    }

    proptest! {
        /// Rounding the double back, by its definition, gives the same half.
        #[test]
        fn no_two_halves_are_one_double(bits: u16) {
            let number = half(bits);
            prop_assert_eq!(number.is_sign_negative(), bits >> 15 == 1);
            prop_assert_eq!(number.is_nan(), bits & 0x7fff > 0x7c00);
            if !number.is_nan() {
                prop_assert_eq!(back(number), bits);
            }
        }
    }

    /// The half that is this double, which is one: the definition of IEEE 754, 3.4, by arithmetic instead of bits.
    fn back(number: f64) -> u16 {
        let sign = if number.is_sign_negative() { 0x8000 } else { 0 };
        let size = number.abs();
        if size == f64::INFINITY {
            return sign | 0x7c00;
        }
        // Of each exponent, the number whose mantissa is zero.
        let power = |exponent: u16| 2_f64.powi(i32::from(exponent).saturating_sub(15));
        let (exponent, fraction) = match (1..=30).rev().find(|&exponent| size >= power(exponent)) {
            Some(exponent) => (exponent, size / power(exponent) - 1.0),
            None => (0, size / power(1)),
        };
        let mantissa = fraction * 1024.0;
        assert!(mantissa.fract() == 0.0 && (0.0..1024.0).contains(&mantissa));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole and below 1024")]
        let mantissa = mantissa as u16;
        sign | exponent << 10 | mantissa
    }
}
