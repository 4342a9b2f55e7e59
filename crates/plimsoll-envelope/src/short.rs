//! Lists that are nearly always short, and take no memory of their own as long as they are.

use crate::sealed::{Place, Slot};
use alloc::vec::Vec;

/// The signatures of an envelope: at least one, usually one.
#[derive(Debug)]
pub(crate) struct Slots<'a> {
    first: Slot<'a>,
    rest: Vec<Slot<'a>>,
}

impl<'a> Slots<'a> {
    pub(crate) const fn one(slot: Slot<'a>) -> Self {
        Self { first: slot, rest: Vec::new() }
    }
    /// `None` without any; the first error of those that are read.
    pub(crate) fn read<E>(mut slots: impl Iterator<Item = Result<Slot<'a>, E>>) -> Result<Option<Self>, E> {
        let Some(first) = slots.next().transpose()? else { return Ok(None) };
        Ok(Some(Self { first, rest: slots.collect::<Result<_, _>>()? }))
    }
    pub(crate) fn get(&self, index: usize) -> Option<&Slot<'a>> {
        index.checked_sub(1).map_or(Some(&self.first), |index| self.rest.get(index))
    }
    pub(crate) fn len(&self) -> usize {
        self.rest.len().saturating_add(1)
    }
}

/// The certificates of one signature: usually two to four.
#[derive(Debug, Default)]
pub(crate) struct Chain<'a> {
    first: [Option<Place<'a>>; 4],
    rest: Vec<Place<'a>>,
    length: usize,
}

impl<'a> Chain<'a> {
    pub(crate) fn push(&mut self, place: Place<'a>) {
        match self.first.get_mut(self.length) {
            Some(slot) => *slot = Some(place),
            None => self.rest.push(place),
        }
        self.length = self.length.saturating_add(1);
    }
    pub(crate) const fn len(&self) -> usize {
        self.length
    }
    pub(crate) fn get(&self, index: usize) -> Option<&Place<'a>> {
        match self.first.get(index) {
            Some(slot) => slot.as_ref(),
            None => self.rest.get(index.saturating_sub(self.first.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_chain_keeps_its_order() {
        let mut chain = Chain::default();
        assert!(chain.len() == 0 && chain.get(0).is_none());
        for index in 0..9 {
            assert!(chain.get(index).is_none());
            chain.push(Place::Arena(index..index));
        }
        let found: Vec<_> = (0..chain.len()).filter_map(|index| chain.get(index)).collect();
        let starts = found.iter().map(|place| if let Place::Arena(range) = place { range.start } else { 99 });
        assert!(starts.eq(0..9) && chain.get(9).is_none());
    }
}
