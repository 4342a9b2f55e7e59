//! Choices that are the same in every run of the same seed.

/// SplitMix64: small, and good enough to choose by.
pub(super) struct Random(u64);

impl Random {
    /// The choices of one case of one seed: a case can be made again without those before it.
    pub(super) fn of(seed: u64, case: u64) -> Self {
        let mut random = Self(seed.rotate_left(32) ^ case);
        random.next();
        random
    }
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
    /// A number below `end`, and 0 where there is none.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or_default()
    }
    pub(super) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
    pub(super) fn pick<'t, T>(&mut self, list: &'t [T]) -> &'t T {
        &list[self.below(list.len())]
    }
    pub(super) fn flip(&mut self, bytes: &mut [u8]) {
        if !bytes.is_empty() {
            bytes[self.below(bytes.len())] ^= 1 << self.below(8);
        }
    }
}
