//! What an expression of a script is known to be: a string, a data frame made of tables, a query's result, or several of these.

use super::frame::Columns;
use super::text::Text;
use crate::lineage::Name;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Most items kept of a list or a dictionary: queries kept together are few.
pub const MAX_ITEMS: usize = 64;

/// Strings of which a name may hold one that are told apart: an `if` has few arms.
pub const MAX_WAYS: usize = 8;

/// Lists in lists in dictionaries that are kept: settings nest a few deep.
const MAX_ITEMS_DEPTH: u8 = 8;

/// Most tables that one value is known to be made of: past it, which of them matter cannot be told anyway.
pub const MAX_TABLES: usize = 256;

/// A value. All of it unknown is the default.
#[derive(Clone, Debug, Default)]
pub struct Value {
    /// It is this string.
    pub text: Option<Rc<Text>>,
    /// It is made of the data of these.
    pub tables: BTreeSet<Name>,
    /// It is the rows of this query and nothing else.
    pub query: Option<Rc<Text>>,
    /// It holds these: a list's, a dictionary's with their keys, the arms of a condition.
    pub items: Rc<Vec<(String, Value)>>,
    /// It is one of these, not all.
    pub either: bool,
    /// It is an expression of a frame's columns; beside a query, these are what its rows are grouped by.
    pub columns: Option<Rc<Columns>>,
    /// It stands for this table, which its methods change.
    pub handle: Option<Name>,
    /// How deep its items hold items.
    pub depth: u8,
    /// Its items are all there are.
    pub whole: bool,
    /// It is this of what the script defines itself.
    pub own: Option<Own>,
}

/// Something that a script defines itself, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// The method of an object, where it is handed on as such.
    Function {
        at: u32,
        object: Option<u32>,
    },
    Class(u32),
    Object(u32),
    /// An object as what its class, or one that this is made from, is made from: `super()`.
    Base {
        object: u32,
        class: u32,
    },
}

impl Value {
    /// A string.
    pub fn of(text: Text) -> Value {
        Value { text: Some(Rc::new(text)), ..Value::default() }
    }

    /// What the script defines itself.
    pub fn own(own: Own) -> Value {
        Value { own: Some(own), ..Value::default() }
    }

    /// What is made of one table.
    pub fn table(name: Name) -> Value {
        Value { tables: BTreeSet::from([name]), ..Value::default() }
    }

    /// What a list or a dictionary is.
    pub fn group(mut items: Vec<(String, Value)>) -> Value {
        let mut tables = BTreeSet::new();
        for (_, item) in &items {
            add(&mut tables, &item.tables);
        }
        let known = |item: &Value| {
            item.text.is_some() || !item.items.is_empty() || item.query.is_some() || item.columns.is_some() || item.own.is_some()
        };
        let all = items.len();
        items.retain(|(_, item)| known(item) && item.depth < MAX_ITEMS_DEPTH);
        items.truncate(MAX_ITEMS);
        let whole = items.len() == all;
        let depth = 1 + items.iter().map(|(_, item)| item.depth).max().unwrap_or(0);
        Value { tables, items: Rc::new(items), depth, whole, ..Value::default() }
    }

    /// What is made of two values in a way not followed.
    pub fn with(mut self, other: Value) -> Value {
        let (known, other_known) = (self.is_known(), other.is_known());
        let columns = match (self.expression(), other.expression()) {
            (Some(a), Some(b)) => Some(Rc::new(a.with(b))),
            // Of a value that is made of tables nobody knows of which columns.
            (Some(a), None) if other.tables.is_empty() => Some(Rc::new(a.with(a))),
            (None, Some(b)) if self.tables.is_empty() => Some(Rc::new(b.with(b))),
            _ => None,
        };
        add(&mut self.tables, &other.tables);
        let string = |v: &Value| v.text.is_some() || v.either;
        self.either = string(&self) && string(&other) || self.either && other.items.is_empty() || other.either && self.items.is_empty();
        if self.text.is_none() && self.items.is_empty() {
            (self.text, self.items, self.depth) = (other.text, other.items, other.depth);
        } else if other.text.is_some() || !other.items.is_empty() {
            let texts = self.texts().into_iter().chain(other.texts()).take(MAX_ITEMS);
            self.items = Rc::new(texts.map(|t| (String::new(), Value { text: Some(t), ..Value::default() })).collect());
            (self.text, self.depth) = (None, 1);
        }
        if columns.is_some() {
            (self.text, self.items, self.depth, self.either) = (None, Rc::default(), 0, false);
        }
        // What may be something else that is not known is taken for what it may be.
        let own = if self.own == other.own || !other_known { self.own } else { other.own.filter(|_| !known) };
        Value { query: None, handle: None, columns, own, whole: false, ..self }
    }

    fn expression(&self) -> Option<&Columns> {
        self.columns.as_deref().filter(|_| self.query.is_none())
    }

    /// What is made of it is no copy of a column.
    pub fn computed(&mut self) {
        self.columns.iter_mut().filter(|_| self.query.is_none()).for_each(|columns| Rc::make_mut(columns).made = true);
    }

    /// Whether anything is known of it.
    pub fn is_known(&self) -> bool {
        let held = self.text.is_some() || self.query.is_some() || self.columns.is_some() || self.own.is_some();
        held || !self.tables.is_empty() || !self.items.is_empty()
    }

    /// Whether it is a list or a dictionary of which items are known.
    pub fn is_list(&self) -> bool {
        !self.either && !self.items.is_empty() && self.text.is_none() && self.query.is_none() && self.columns.is_none()
    }

    /// Whether it is a list of which places, not keys, tell the items.
    pub fn goes_by_place(&self) -> bool {
        self.is_list() && self.items.iter().all(|(key, _)| key.parse::<usize>().is_ok_and(|place| place < MAX_ITEMS))
    }

    /// Whether both are the same string or the same rows, as far as is known.
    pub fn is_same(&self, other: &Value) -> bool {
        let plain = |v: &Value| v.items.is_empty() && v.columns.is_none() && v.handle.is_none() && v.own.is_none();
        let known = self.text.is_some() || self.query.is_some();
        known && plain(self) && plain(other) && (&self.text, &self.query, &self.tables) == (&other.text, &other.query, &other.tables)
    }

    /// The strings of which it is one, up to [`MAX_WAYS`]; none for a list of strings.
    pub fn ways(&self) -> Vec<Rc<Text>> {
        let mut ways = if self.either || self.text.is_some() { self.texts() } else { Vec::new() };
        ways.truncate(MAX_WAYS);
        ways
    }

    /// What it is in one of the ways that it may be.
    pub fn way(&self, way: usize) -> Value {
        let ways = self.ways();
        match ways.len() {
            0 | 1 => self.clone(),
            count => Value { text: Some(ways[way % count].clone()), ..Value::default() },
        }
    }

    /// One of these strings.
    pub fn one_of(mut ways: Vec<Text>) -> Value {
        if ways.len() < 2 {
            return ways.pop().map(Value::of).unwrap_or_default();
        }
        let items: Vec<(String, Value)> = ways.into_iter().map(|way| (String::new(), Value::of(way))).collect();
        Value { items: Rc::new(items), depth: 1, either: true, ..Value::default() }
    }

    /// The strings it may be.
    pub fn texts(&self) -> Vec<Rc<Text>> {
        let mut found = Vec::new();
        let mut open = vec![self];
        while let Some(value) = open.pop() {
            if found.len() >= MAX_ITEMS {
                break;
            }
            found.extend(value.text.clone());
            open.extend(value.items.iter().rev().map(|(_, v)| v));
        }
        found
    }

    /// The item under a key.
    pub fn item(&self, key: &str) -> Option<&Value> {
        self.items.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// How much of it copying copies.
    pub fn weight(&self) -> usize {
        1 + self.tables.len() + self.items.len() + self.columns.as_ref().map_or(0, |columns| columns.names.len())
    }
}

/// Adds tables up to [`MAX_TABLES`].
pub fn add(tables: &mut BTreeSet<Name>, more: &BTreeSet<Name>) {
    for name in more {
        if tables.len() >= MAX_TABLES {
            return;
        }
        tables.insert(name.clone());
    }
}
