//! What a name means among the definitions of its last part.

use super::{Bucket, Class, DEFAULT_SCHEMAS, Ident, Identities};
use crate::graph::file::{Answer, Files, Mention, Role, Slot};
use crate::graph::names::{Form, Names, SEPARATOR};

enum Found {
    One(Ident),
    Several(Vec<Ident>),
    None,
}

impl Identities {
    /// Whether definitions answer to the mention, and which could when none does for sure.
    pub(super) fn answer(&self, bucket: &Bucket, names: &Names, files: &Files, slot: Slot, mention: &Mention) -> (Answer, Vec<Ident>) {
        let mut several = Vec::new();
        for class in mention.role.classes() {
            match self.find(bucket, names, files, slot, mention.form, *class) {
                Found::One(_) => return (Answer::Defined, Vec::new()),
                Found::Several(idents) => several = idents,
                Found::None => {}
            }
        }
        (if several.is_empty() { Answer::Undefined } else { Answer::Ambiguous }, several)
    }

    /// What `form` means in a file, in that role; `None` for what [`Mention::keep`] did not keep.
    pub(super) fn mean(&self, bucket: &Bucket, names: &Names, files: &Files, slot: Slot, form: Form, role: Role) -> Option<Ident> {
        for class in role.classes() {
            if let Found::One(ident) = self.find(bucket, names, files, slot, form, *class) {
                return Some(ident);
            }
        }
        let key = (role.classes()[0], form, files[slot].default);
        let at = bucket.late.partition_point(|l| (l.0, l.1, l.2) < key);
        bucket.late.get(at).filter(|l| (l.0, l.1, l.2) == key).map(|l| l.3)
    }

    fn find(&self, bucket: &Bucket, names: &Names, files: &Files, slot: Slot, form: Form, class: Class) -> Found {
        if bucket.defined.is_empty() {
            return Found::None;
        }
        let named = |form: Form| bucket.named(class, form);
        let in_schema = |schema: &str| names.known(&format!("{schema}{SEPARATOR}{}", names.text(form))).and_then(|f| named(f).first());
        let (last, default) = (names.last(form), files[slot].default);
        let short = form == last;
        let exact =
            if short { named(form).iter().find(|(_, _, d, _)| *d == default).or_else(|| in_schema(default)) } else { named(form).first() };
        if let Some((.., ident)) = exact {
            return Found::One(*ident);
        }
        let implied: Vec<Ident> = if short {
            named(form).iter().chain(DEFAULT_SCHEMAS.iter().filter_map(|d| in_schema(d))).map(|n| n.3).collect()
        } else {
            let schema = names.text(form).strip_suffix(names.text(last)).and_then(|f| f.strip_suffix(SEPARATOR));
            let unqualified = |ident: &Ident| self.list[*ident as usize].forms.iter().all(|f| *f == last);
            let implied = schema.is_some_and(|s| DEFAULT_SCHEMAS.contains(&s));
            named(last).iter().filter(|_| implied).map(|n| n.3).filter(unqualified).collect()
        };
        if !implied.is_empty() {
            return self.choose(files, slot, implied);
        }
        let one = |ident: &Ident| self.list[*ident as usize].forms.iter().all(|long| !bucket.apart(form, *long));
        self.choose(files, slot, bucket.ending(class, form).filter(one).collect())
    }

    fn choose(&self, files: &Files, slot: Slot, mut candidates: Vec<Ident>) -> Found {
        candidates.sort_unstable_by_key(|ident| self.list[*ident as usize].order);
        candidates.dedup();
        let defined = |ident: Ident| self.list[ident as usize].definitions.iter().map(|(f, _)| *f);
        let single = |near: &dyn Fn(Slot) -> bool| {
            let mut near = candidates.iter().copied().filter(|ident| defined(*ident).any(near));
            near.next().filter(|_| near.next().is_none())
        };
        match candidates[..] {
            [] => Found::None,
            [one] => Found::One(one),
            _ => match single(&|f| f == slot).or_else(|| single(&|f| files[f].repository == files[slot].repository)) {
                Some(one) => Found::One(one),
                None => Found::Several(candidates),
            },
        }
    }
}
