//! JSON as it is written: members in order, also twice, and names and values that no writer would make.

use super::random::Random;
use serde_json::Value;

#[derive(Clone, Debug)]
pub(super) enum Json {
    /// What stands there, as it is.
    Raw(String),
    Text(String),
    List(Vec<Json>),
    /// Each name as it is written, with its quotation marks.
    Map(Vec<(String, Json)>),
}

impl Json {
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Value>(text).ok().map(|value| Self::of(&value))
    }
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(list) => Self::List(list.iter().map(Self::of).collect()),
            Value::Object(map) => Self::Map(map.iter().map(|(name, value)| (quoted(name), Self::of(value))).collect()),
            other => Self::Raw(other.to_string()),
        }
    }
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
    pub(super) fn write(&self) -> String {
        let all = |parts: Vec<String>| parts.join(",");
        match self {
            Self::Raw(raw) => raw.clone(),
            Self::Text(text) => quoted(text),
            Self::List(list) => format!("[{}]", all(list.iter().map(Self::write).collect())),
            Self::Map(map) => {
                format!("{{{}}}", all(map.iter().map(|(name, value)| format!("{name}:{}", value.write())).collect()))
            }
        }
    }
    pub(super) fn member(&mut self, name: &str) -> Option<&mut Self> {
        let Self::Map(map) = self else { return None };
        map.iter_mut().find(|(known, _)| *known == quoted(name)).map(|(_, value)| value)
    }
    /// Puts a member in the place of the one of that name, or at the end.
    pub(super) fn set(&mut self, name: &str, value: Self) {
        match self.member(name) {
            Some(old) => *old = value,
            None => {
                if let Self::Map(map) = self {
                    map.push((quoted(name), value));
                }
            }
        }
    }
    pub(super) fn remove(&mut self, name: &str) {
        if let Self::Map(map) = self {
            map.retain(|(known, _)| *known != quoted(name));
        }
    }
    fn count(&self) -> usize {
        1 + match self {
            Self::List(list) => list.iter().map(Self::count).sum(),
            Self::Map(map) => map.iter().map(|(_, value)| value.count()).sum(),
            _ => 0,
        }
    }
    /// The node of this number, the root being 0.
    fn node(&mut self, number: &mut usize) -> Option<&mut Self> {
        if *number == 0 {
            return Some(self);
        }
        *number -= 1;
        match self {
            Self::List(list) => list.iter_mut().find_map(|one| one.node(number)),
            Self::Map(map) => map.iter_mut().find_map(|(_, one)| one.node(number)),
            _ => None,
        }
    }
    /// Changes one node. The answer names what was done.
    pub(super) fn mutate(&mut self, random: &mut Random) -> &'static str {
        let mut number = random.below(self.count());
        // A list and a map are few among many texts.
        if random.one_in(3) {
            number = 0;
        }
        let Some(node) = self.node(&mut number) else { return "nothing" };
        if random.one_in(5) {
            let odd = ["null", "true", "0", "-1", "1e2", "1.5", "\"\"", "[]", "{}", "\"x\"", "18446744073709551616"];
            *node = Self::Raw((*random.pick(&odd)).to_owned());
            return "another type";
        }
        match node {
            Self::Raw(raw) => {
                *raw = format!("[{raw}]");
                "a list about a value"
            }
            Self::Text(text) => of_text(text.clone(), node, random),
            Self::List(list) => of_list(list, random),
            Self::Map(map) => of_map(map, random),
        }
    }
}

fn of_text(mut text: String, node: &mut Json, random: &mut Random) -> &'static str {
    let at = text.char_indices().nth(random.below(text.chars().count())).map_or(0, |(at, _)| at);
    let done = match random.below(9) {
        0 => {
            text.push('=');
            "padding"
        }
        1 => {
            text.insert(at, *random.pick(&['\n', ' ', '\r', '\t']));
            "white space in a text"
        }
        2 => {
            text = text.replace('-', "+").replace('_', "/");
            "the other alphabet"
        }
        3 => {
            text.truncate(at);
            "a text cut off"
        }
        4 => {
            text = text.to_uppercase();
            "a text in upper case"
        }
        5 => {
            let mut characters: Vec<char> = text.chars().collect();
            if let Some(last) = characters.last_mut() {
                *last = *random.pick(&['A', 'B', 'Q', 'w', '_', '9']);
            }
            text = characters.into_iter().collect();
            "another last character"
        }
        6 => {
            *node = Json::List(vec![Json::Text(text)]);
            return "a list about a text";
        }
        7 => {
            // The same text, written otherwise.
            let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            *node = Json::Raw(format!("\"{escaped}\""));
            return "escapes";
        }
        _ => {
            text.insert(at, *random.pick(&['A', '0', '.', 'é']));
            "a character more"
        }
    };
    *node = Json::Text(text);
    done
}

fn of_list(list: &mut Vec<Json>, random: &mut Random) -> &'static str {
    let (one, other) = (random.below(list.len()), random.below(list.len()));
    match random.below(5) {
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
            list.reverse();
            "a list turned round"
        }
        3 => {
            list.swap(one, other);
            "entries swapped"
        }
        _ => {
            list.clear();
            "an empty list"
        }
    }
}

fn of_map(map: &mut Vec<(String, Json)>, random: &mut Random) -> &'static str {
    if map.is_empty() {
        return "nothing";
    }
    let (one, other) = (random.below(map.len()), random.below(map.len()));
    match random.below(9) {
        0 => {
            map.remove(one);
            "a member less"
        }
        1 => {
            map.insert(other, map[one].clone());
            "a member twice"
        }
        2 => {
            let name = map[one].0.clone();
            map.insert(other, (name, Json::Raw((*random.pick(&["null", "\"x\"", "1", "[]"])).to_owned())));
            "a member twice, with another value"
        }
        3 => {
            map[one].0 = map[one].0.to_uppercase();
            "a name in upper case"
        }
        4 => {
            // What Go's decoder takes for an s or a k.
            map[one].0 = map[one].0.replacen('s', "\u{17f}", 1).replacen('k', "\u{212a}", 1);
            "a name that folds"
        }
        5 => {
            let name = map[one].0.trim_matches('"').to_owned();
            let escaped = name
                .chars()
                .next()
                .map(|first| format!("\"\\u{:04x}{}\"", u32::from(first), &name[first.len_utf8()..]));
            map[one].0 = escaped.unwrap_or_default();
            "an escaped name"
        }
        6 => {
            let folded = map[one].0.to_uppercase();
            map.insert(other, (folded, Json::Raw("\"x\"".into())));
            "a member twice, in upper case"
        }
        7 => {
            map.swap(one, other);
            "members swapped"
        }
        _ => {
            map.insert(other, (quoted("unknown"), Json::Raw("{\"a\":[1]}".into())));
            "an unknown member"
        }
    }
}

pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
