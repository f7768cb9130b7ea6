//! How columns take part in what is made of them, after the `type` and `subtype` of OpenLineage's ColumnLineage facet.

use serde::{Deserialize, Serialize};

/// Whether a column flows into a value, or only decides about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flow {
    /// Its value flows into the target: copy, cast, arithmetic, aggregate, the results of CASE.
    Direct,
    /// It filters, joins, groups or orders rows, frames a window or chooses between values.
    Indirect,
}

/// How a column takes part. The order of the first three is that of how much they change a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Subtype {
    /// Copied as it is. The alias is how earlier stores wrote every direct flow.
    #[serde(alias = "direct")]
    Identity,
    /// One row's value made into another: cast, arithmetic, function.
    Transformation,
    /// Values of several rows made into one.
    Aggregation,
    /// Rows meet by it.
    Join,
    /// Rows are gathered by it.
    GroupBy,
    /// Rows stay or go by it. The alias is how earlier stores wrote every indirect flow.
    #[serde(alias = "indirect")]
    Filter,
    /// Rows are ordered by it.
    Sort,
    /// It partitions or orders the window of a function.
    Window,
    /// It chooses between values: the conditions of CASE and its like.
    Conditional,
}

impl Subtype {
    /// Every subtype, in order.
    pub const ALL: [Subtype; 9] = [
        Subtype::Identity,
        Subtype::Transformation,
        Subtype::Aggregation,
        Subtype::Join,
        Subtype::GroupBy,
        Subtype::Filter,
        Subtype::Sort,
        Subtype::Window,
        Subtype::Conditional,
    ];

    /// `IDENTITY`, `GROUP_BY`, … as OpenLineage spells them.
    pub fn as_str(self) -> &'static str {
        match self {
            Subtype::Identity => "IDENTITY",
            Subtype::Transformation => "TRANSFORMATION",
            Subtype::Aggregation => "AGGREGATION",
            Subtype::Join => "JOIN",
            Subtype::GroupBy => "GROUP_BY",
            Subtype::Filter => "FILTER",
            Subtype::Sort => "SORT",
            Subtype::Window => "WINDOW",
            Subtype::Conditional => "CONDITIONAL",
        }
    }

    /// OpenLineage's `type`.
    pub fn flow(self) -> Flow {
        match self {
            Subtype::Identity | Subtype::Transformation | Subtype::Aggregation => Flow::Direct,
            _ => Flow::Indirect,
        }
    }

    /// What a column is to a value that takes it by `self` from a value that it takes part in by `inner`.
    pub fn of(self, inner: Subtype) -> Subtype {
        match (self.flow(), inner.flow()) {
            (Flow::Direct, Flow::Direct) => self.max(inner),
            (Flow::Direct, Flow::Indirect) => inner,
            (Flow::Indirect, _) => self,
        }
    }
}

/// A set of [`Subtype`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subtypes(u16);

impl Subtypes {
    /// The set of none.
    pub const NONE: Subtypes = Subtypes(0);

    /// Adds those of `other`.
    pub fn extend(&mut self, other: Subtypes) {
        self.0 |= other.0;
    }

    /// The subtypes, in order.
    pub fn iter(self) -> impl Iterator<Item = Subtype> {
        Subtype::ALL.into_iter().filter(move |s| self.0 & 1 << *s as u16 != 0)
    }

    /// Indirect when there are subtypes and all of them are.
    pub fn flow(self) -> Flow {
        let direct = self.0 == 0 || self.iter().any(|s| s.flow() == Flow::Direct);
        if direct { Flow::Direct } else { Flow::Indirect }
    }
}

impl From<Subtype> for Subtypes {
    fn from(one: Subtype) -> Subtypes {
        Subtypes(1 << one as u16)
    }
}
