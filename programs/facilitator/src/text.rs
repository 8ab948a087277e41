//! The text a payer signs, rendered byte for byte. One canonical form per value: what does not render to the signed bytes
//! was not signed. No newline at the end.
use crate::{errors, Hash, Id};
use svmkit::{require, Result};

/// The longest rendering, with the amount of u64::MAX, is 354 bytes; a test holds this.
const CAPACITY: usize = 384;
/// 9999-12-31T23:59:59.999Z: a later year has five digits.
const LAST_MS: u64 = 253_402_300_799_999;
const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";
const BASE_UNITS: u64 = 1_000_000;
const DECIMALS: usize = 6;
const MS_PER_DAY: u64 = 86_400_000;

pub struct Intent<'a> {
    pub intent_id: &'a Id,
    pub job_id: &'a Id,
    /// Base units.
    pub amount: u64,
    /// Milliseconds since the epoch.
    pub timestamp: u64,
    /// Milliseconds since the epoch.
    pub expires: u64,
    pub nonce: &'a Hash,
}

pub struct Text {
    buffer: [u8; CAPACITY],
    length: usize,
}

impl Text {
    #[inline(never)]
    pub fn render(intent: &Intent) -> Result<Text> {
        require!(intent.timestamp <= LAST_MS && intent.expires <= LAST_MS, errors::TimestampOutOfRange);
        let mut text = Text { buffer: [0; CAPACITY], length: 0 };
        text.literal(b"HYPERNODE Payment Intent\n\nIntent ID: ");
        text.uuid(intent.intent_id);
        text.literal(b"\nJob ID: job-");
        text.uuid(intent.job_id);
        text.literal(b"\nAmount: ");
        text.amount(intent.amount);
        text.literal(b" HYPER\nTimestamp: ");
        text.instant(intent.timestamp);
        text.literal(b"\nExpires: ");
        text.instant(intent.expires);
        text.literal(b"\nNonce: ");
        text.hex(intent.nonce);
        text.literal(b"\n\nBy signing this message, you authorize this payment.");
        Ok(text)
    }

    pub fn bytes(&self) -> &[u8] {
        &self.buffer[..self.length]
    }

    #[inline(always)]
    fn literal<const N: usize>(&mut self, literal: &[u8; N]) {
        self.buffer[self.length..self.length + N].copy_from_slice(literal);
        self.length += N;
    }

    #[inline(always)]
    fn byte(&mut self, byte: u8) {
        self.buffer[self.length] = byte;
        self.length += 1;
    }

    fn hex(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.byte(HEX_DIGITS[(byte >> 4) as usize]);
            self.byte(HEX_DIGITS[(byte & 15) as usize]);
        }
    }

    /// 8-4-4-4-12, lower case.
    fn uuid(&mut self, id: &Id) {
        self.hex(&id[..4]);
        for start in [4, 6, 8] {
            self.byte(b'-');
            self.hex(&id[start..start + 2]);
        }
        self.byte(b'-');
        self.hex(&id[10..]);
    }

    /// Exactly `width` digits, of a value that fits them.
    fn padded(&mut self, mut value: u64, width: usize) {
        for i in (0..width).rev() {
            self.buffer[self.length + i] = b'0' + (value % 10) as u8;
            value /= 10;
        }
        self.length += width;
    }

    fn decimal(&mut self, value: u64) {
        let (mut width, mut rest) = (1, value / 10);
        while rest > 0 {
            width += 1;
            rest /= 10;
        }
        self.padded(value, width);
    }

    /// At least one fraction digit, no trailing zero beyond it; no grouping, exponent or leading zero.
    fn amount(&mut self, base_units: u64) {
        self.decimal(base_units / BASE_UNITS);
        self.byte(b'.');
        let (mut fraction, mut width) = (base_units % BASE_UNITS, DECIMALS);
        while width > 1 && fraction % 10 == 0 {
            fraction /= 10;
            width -= 1;
        }
        self.padded(fraction, width);
    }

    /// YYYY-MM-DDTHH:MM:SS.mmmZ
    fn instant(&mut self, ms: u64) {
        let (year, month, day) = civil_date(ms / MS_PER_DAY);
        let rest = ms % MS_PER_DAY;
        self.padded(year, 4);
        self.byte(b'-');
        self.padded(month, 2);
        self.byte(b'-');
        self.padded(day, 2);
        self.byte(b'T');
        self.padded(rest / 3_600_000, 2);
        self.byte(b':');
        self.padded(rest / 60_000 % 60, 2);
        self.byte(b':');
        self.padded(rest / 1_000 % 60, 2);
        self.byte(b'.');
        self.padded(rest % 1_000, 3);
        self.byte(b'Z');
    }
}

/// Year, month and day of a day since 1970, in years that begin in March, so that the leap day comes last.
fn civil_date(days_since_epoch: u64) -> (u64, u64, u64) {
    const DAYS_FROM_YEAR_ZERO: u64 = 719_468;
    const DAYS_PER_ERA: u64 = 146_097; // 400 years
    let days = days_since_epoch + DAYS_FROM_YEAR_ZERO;
    let (era, day_of_era) = (days / DAYS_PER_ERA, days % DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;

    #[test]
    fn every_vector_renders_to_its_text() {
        for vector in vectors::payment_intents() {
            let intent = Intent {
                intent_id: &vector.hex("intentId"),
                job_id: &vector.hex("jobId"),
                amount: vector.number("amountBaseUnits"),
                timestamp: vector.number("timestampMs"),
                expires: vector.number("expiresMs"),
                nonce: &vector.hex("nonceHex"),
            };
            let text = Text::render(&intent).ok().unwrap();
            assert_eq!(core::str::from_utf8(text.bytes()).unwrap(), vector.text("text"), "{}", vector.text("name"));
        }
    }

    #[test]
    fn every_day_of_the_calendar_follows_the_one_before() {
        let leap = |year| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for days in 0..=LAST_MS / MS_PER_DAY {
            assert_eq!(civil_date(days), (year, month, day));
            let length = match month {
                2 => 28 + leap(year) as u64,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > length {
                (day, month) = (1, month + 1);
            }
            if month > 12 {
                (month, year) = (1, year + 1);
            }
        }
        assert_eq!((year, month, day), (10_000, 1, 1));
    }

    #[test]
    fn the_longest_text_fits_and_a_five_digit_year_is_refused() {
        let at = |ms| Intent { intent_id: &[0; 16], job_id: &[0; 16], amount: u64::MAX, timestamp: ms, expires: ms, nonce: &[0; 32] };
        assert_eq!(Text::render(&at(LAST_MS)).ok().unwrap().bytes().len(), 354);
        assert_eq!(Text::render(&at(LAST_MS + 1)).err(), Some(errors::TimestampOutOfRange));
    }
}
