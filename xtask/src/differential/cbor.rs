//! CBOR (RFC 8949) as it is written: entries in order, also twice, and heads that are longer than they need be.

use super::random::Random;

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Cbor {
    Unsigned(u64),
    /// -1 - n
    Negative(u64),
    Bytes(Vec<u8>),
    Text(String),
    List(Vec<Cbor>),
    Map(Vec<(Cbor, Cbor)>),
    Tag(u64, Box<Cbor>),
    /// What stands there, as it is.
    Raw(Vec<u8>),
    /// Its head in eight octets.
    Long(Box<Cbor>),
    /// Without a length (section 3.2).
    Endless(Box<Cbor>),
}

impl Cbor {
    pub(super) fn int(number: i64) -> Self {
        match u64::try_from(number) {
            Ok(number) => Self::Unsigned(number),
            Err(_) => Self::Negative(number.unsigned_abs() - 1),
        }
    }
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
    /// Reads what our writer writes: no simple values but true, false and null, and every length given.
    pub(super) fn read(input: &[u8]) -> Option<Self> {
        let mut rest = input;
        let found = item(&mut rest)?;
        rest.is_empty().then_some(found)
    }
    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.put(&mut out, Form::Short);
        out
    }
    fn put(&self, out: &mut Vec<u8>, form: Form) {
        match self {
            Self::Unsigned(number) => head(out, 0, *number, form),
            Self::Negative(number) => head(out, 1, *number, form),
            Self::Bytes(bytes) => string(out, 2, bytes, form),
            Self::Text(text) => string(out, 3, text.as_bytes(), form),
            Self::List(list) => {
                begin(out, 4, list.len(), form);
                list.iter().for_each(|one| one.put(out, Form::Short));
                end(out, form);
            }
            Self::Map(map) => {
                begin(out, 5, map.len(), form);
                map.iter().for_each(|(label, value)| {
                    label.put(out, Form::Short);
                    value.put(out, Form::Short);
                });
                end(out, form);
            }
            Self::Tag(tag, inner) => {
                head(out, 6, *tag, form);
                inner.put(out, Form::Short);
            }
            Self::Raw(raw) => out.extend_from_slice(raw),
            Self::Long(inner) => inner.put(out, Form::Long),
            Self::Endless(inner) => inner.put(out, Form::Endless),
        }
    }
    pub(super) fn entry(&mut self, label: &Self) -> Option<&mut Self> {
        let Self::Map(map) = self else { return None };
        map.iter_mut().find(|(known, _)| known == label).map(|(_, value)| value)
    }
    pub(super) fn set(&mut self, label: Self, value: Self) {
        match self.entry(&label) {
            Some(old) => *old = value,
            None => {
                if let Self::Map(map) = self {
                    map.push((label, value));
                }
            }
        }
    }
    pub(super) fn remove(&mut self, label: &Self) {
        if let Self::Map(map) = self {
            map.retain(|(known, _)| known != label);
        }
    }
    fn count(&self) -> usize {
        1 + match self {
            Self::List(list) => list.iter().map(Self::count).sum(),
            Self::Map(map) => map.iter().map(|(label, value)| label.count() + value.count()).sum(),
            Self::Tag(_, inner) | Self::Long(inner) | Self::Endless(inner) => inner.count(),
            _ => 0,
        }
    }
    fn node(&mut self, number: &mut usize) -> Option<&mut Self> {
        if *number == 0 {
            return Some(self);
        }
        *number -= 1;
        match self {
            Self::List(list) => list.iter_mut().find_map(|one| one.node(number)),
            Self::Map(map) => {
                map.iter_mut().find_map(|(label, value)| label.node(number).or_else(|| value.node(number)))
            }
            Self::Tag(_, inner) | Self::Long(inner) | Self::Endless(inner) => inner.node(number),
            _ => None,
        }
    }
    /// Changes one node. The answer names what was done.
    pub(super) fn mutate(&mut self, random: &mut Random) -> &'static str {
        let mut number = if random.one_in(3) { 0 } else { random.below(self.count()) };
        let Some(node) = self.node(&mut number) else { return "nothing" };
        match random.below(9) {
            0 => {
                let odd: [&[u8]; 10] =
                    [b"\xf6", b"\xf5", b"\x00", b"\x20", b"\x40", b"\x60", b"\x80", b"\xa0", b"\xf7", b"\xf9\x3c\x00"];
                *node = Self::Raw(random.pick(&odd).to_vec());
                return "another type";
            }
            1 => {
                *node = Self::Long(Box::new(node.clone()));
                return "a long head";
            }
            2 => {
                *node = Self::Endless(Box::new(node.clone()));
                return "no length";
            }
            3 => {
                let tag = *random.pick(&[0, 1, 2, 18, 24, 98, 55_799]);
                *node = Self::Tag(tag, Box::new(node.clone()));
                return "a tag more";
            }
            _ => {}
        }
        match node {
            Self::Unsigned(number) | Self::Negative(number) => {
                *number = *random.pick(&[0, 1, 6, 7, 32, 33, 36, 37, 38, u64::MAX, 1 << 40]);
                "another number"
            }
            Self::Bytes(bytes) => of_bytes(bytes, random),
            Self::Text(text) => {
                *node = if random.one_in(2) {
                    Self::Bytes(text.clone().into_bytes())
                } else {
                    Self::text(text.to_uppercase())
                };
                "another text"
            }
            Self::List(list) => of_list(list, random),
            Self::Map(map) => of_map(map, random),
            Self::Tag(tag, inner) => {
                let (tag, inner) = (*random.pick(&[*tag, 98, 17, 16]), (**inner).clone());
                *node = if random.one_in(2) { inner } else { Self::Tag(tag, Box::new(inner)) };
                "another tag"
            }
            Self::Raw(_) | Self::Long(_) | Self::Endless(_) => "nothing",
        }
    }
}

fn of_bytes(bytes: &mut Vec<u8>, random: &mut Random) -> &'static str {
    match random.below(3) {
        0 => random.flip(bytes),
        1 => drop(bytes.pop()),
        _ => bytes.insert(random.below(bytes.len()), 0),
    }
    "other octets"
}

fn of_list(list: &mut Vec<Cbor>, random: &mut Random) -> &'static str {
    let (one, other) = (random.below(list.len()), random.below(list.len()));
    match random.below(4) {
        _ if list.is_empty() => "nothing",
        0 => {
            list.remove(one);
            "an entry less"
        }
        1 => {
            list.insert(other, list[one].clone());
            "an entry twice"
        }
        2 => {
            list.swap(one, other);
            "entries swapped"
        }
        _ => {
            list.reverse();
            "a list turned round"
        }
    }
}

fn of_map(map: &mut Vec<(Cbor, Cbor)>, random: &mut Random) -> &'static str {
    if map.is_empty() {
        return "nothing";
    }
    let (one, other) = (random.below(map.len()), random.below(map.len()));
    match random.below(7) {
        0 => {
            map.remove(one);
            "an entry less"
        }
        1 => {
            map.insert(other, map[one].clone());
            "an entry twice"
        }
        2 => {
            let label = map[one].0.clone();
            map.insert(other, (label, Cbor::Raw(vec![0xf6])));
            "an entry twice, with another value"
        }
        3 => {
            let twin = (Cbor::Long(Box::new(map[one].0.clone())), map[one].1.clone());
            map.insert(other, twin);
            "an entry twice, with a long label"
        }
        4 => {
            map.swap(one, other);
            "entries swapped"
        }
        5 => {
            map.insert(other, (Cbor::text("unknown"), Cbor::List(vec![Cbor::int(1)])));
            "an unknown entry"
        }
        _ => {
            map.insert(other, (Cbor::int(-70_000), Cbor::text("x")));
            "an unknown number"
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Short,
    Long,
    Endless,
}

fn head(out: &mut Vec<u8>, major: u8, number: u64, form: Form) {
    let octets = number.to_be_bytes();
    let (info, width) = match number {
        _ if form == Form::Long => (27, 8),
        0..24 => (octets[7], 0),
        24..0x100 => (24, 1),
        0x100..0x1_0000 => (25, 2),
        0x1_0000..0x1_0000_0000 => (26, 4),
        _ => (27, 8),
    };
    out.push(major << 5 | info);
    out.extend_from_slice(&octets[8 - width..]);
}

fn string(out: &mut Vec<u8>, major: u8, octets: &[u8], form: Form) {
    if form == Form::Endless {
        out.push(major << 5 | 31);
    }
    head(out, major, octets.len() as u64, if form == Form::Long { form } else { Form::Short });
    out.extend_from_slice(octets);
    end(out, form);
}

fn begin(out: &mut Vec<u8>, major: u8, length: usize, form: Form) {
    match form {
        Form::Endless => out.push(major << 5 | 31),
        _ => head(out, major, length as u64, form),
    }
}

fn end(out: &mut Vec<u8>, form: Form) {
    if form == Form::Endless {
        out.push(0xff);
    }
}

fn item(rest: &mut &[u8]) -> Option<Cbor> {
    let (first, after) = rest.split_first()?;
    *rest = after;
    if *first >= 0xf4 {
        return Some(Cbor::Raw(vec![*first]));
    }
    let width = match first & 31 {
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => 0,
    };
    let number = match first & 31 {
        small @ 0..24 => u64::from(small),
        24..28 => take(rest, width)?.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)),
        _ => return None,
    };
    let length = usize::try_from(number).unwrap_or(usize::MAX);
    Some(match first >> 5 {
        0 => Cbor::Unsigned(number),
        1 => Cbor::Negative(number),
        2 => Cbor::Bytes(take(rest, length)?.to_vec()),
        3 => Cbor::Text(String::from_utf8(take(rest, length)?.to_vec()).ok()?),
        4 => Cbor::List((0..length).map(|_| item(rest)).collect::<Option<_>>()?),
        5 => Cbor::Map((0..length).map(|_| Some((item(rest)?, item(rest)?))).collect::<Option<_>>()?),
        6 => Cbor::Tag(number, Box::new(item(rest)?)),
        _ => return None,
    })
}

fn take<'r>(rest: &mut &'r [u8], length: usize) -> Option<&'r [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}
