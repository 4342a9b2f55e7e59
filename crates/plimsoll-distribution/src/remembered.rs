//! A bounded memory of what peers said.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A map with a most number of entries and of weight. When it is full it forgets everything, which costs only time.
pub(crate) struct Remembered<K, V> {
    most: usize,
    heaviest: usize,
    entries: Mutex<Entries<K, V>>,
}

struct Entries<K, V> {
    map: BTreeMap<K, V>,
    weight: usize,
}

impl<K: Ord, V: Clone> Remembered<K, V> {
    pub(crate) fn new(most: usize, heaviest: usize) -> Self {
        Self { most, heaviest, entries: Mutex::new(Entries { map: BTreeMap::new(), weight: 0 }) }
    }
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.lock().map.get(key).cloned()
    }
    pub(crate) fn get_or_insert(&self, key: K, make: impl FnOnce() -> V) -> V {
        let mut entries = self.lock();
        if entries.map.len() >= self.most && !entries.map.contains_key(&key) {
            entries.map.clear();
            entries.weight = 0;
        }
        entries.map.entry(key).or_insert_with(make).clone()
    }
    pub(crate) fn insert(&self, key: K, value: V) {
        self.insert_weighing(key, value, 0);
    }
    pub(crate) fn insert_weighing(&self, key: K, value: V, weight: usize) {
        if weight > self.heaviest || self.most == 0 {
            return;
        }
        let mut entries = self.lock();
        let total = entries.weight.saturating_add(weight);
        if entries.map.len() >= self.most || total > self.heaviest {
            entries.map.clear();
            entries.weight = weight;
        } else {
            entries.weight = total;
        }
        entries.map.insert(key, value);
    }
    pub(crate) fn remove(&self, key: &K) {
        self.lock().map.remove(key);
    }
    /// A panic elsewhere cannot leave a map half changed.
    fn lock(&self) -> MutexGuard<'_, Entries<K, V>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Remembered;

    #[test]
    fn it_never_grows_beyond_its_bounds() {
        let memory = Remembered::new(2, 10);
        memory.insert_weighing("a", 1, 6);
        memory.insert_weighing("b", 2, 6);
        assert_eq!((memory.get(&"a"), memory.get(&"b")), (None, Some(2)));
        memory.insert_weighing("c", 3, 11);
        assert_eq!(memory.get(&"c"), None);
        memory.insert("d", 4);
        memory.insert("e", 5);
        assert_eq!((memory.get(&"b"), memory.get(&"e")), (None, Some(5)));
        memory.remove(&"e");
        assert_eq!(memory.get(&"e"), None);
    }
}
