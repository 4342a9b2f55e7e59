//! A map that forgets what was not asked for, half of it at a time.

use std::{borrow::Borrow, collections::BTreeMap, mem};

/// Two halves: when the younger one is full it becomes the older one, and what was the older one is forgotten.
pub(super) struct Generations<K, V> {
    young: BTreeMap<K, V>,
    old: BTreeMap<K, V>,
    limit: usize,
}

impl<K: Ord, V: Clone> Generations<K, V> {
    /// Starts empty, and never holds more than `limit` entries.
    pub(super) fn new(limit: usize) -> Self {
        Self { young: BTreeMap::new(), old: BTreeMap::new(), limit }
    }
    pub(super) fn get<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = self.old.remove_entry(key)?;
        self.keep(key, value.clone());
        Some(value)
    }
    pub(super) fn keep(&mut self, key: K, value: V) {
        let half = self.limit.div_ceil(2);
        if self.young.len() >= half {
            self.old = mem::take(&mut self.young);
        }
        // The halves together stay within the limit, also where it is odd, or none.
        while self.old.len() > self.limit.saturating_sub(half) {
            self.old.pop_first();
        }
        if self.limit > 0 {
            self.young.insert(key, value);
        }
    }
}
