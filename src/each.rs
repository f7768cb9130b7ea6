//! Lists that are written item by item.

use serde::Serialize;

/// What an iterator gives as a JSON list, each item made when it is written and gone before the next: of an answer of thousands, memory is
/// asked for and given back as for one, which took longer than all the rest.
pub struct Each<I>(pub I);

impl<I: Iterator<Item: Serialize> + Clone> Serialize for Each<I> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}
