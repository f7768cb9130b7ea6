//! What names mean that nothing defines.

use super::group::{Claim, claims, group, number};
use super::{Bucket, Class, Ident, Identities, Identity, Unclaimed, Work};
use crate::graph::assemble::external_node;
use crate::graph::file::{Answer, Mention, Slot};
use crate::graph::link::Note;
use crate::graph::names::{Form, Names, Spelling, is_suffix, suffixes};
use crate::graph::vertex::Owner;
use foldhash::{HashMap, HashSet};
use std::sync::Arc;

/// A mention that found no definition.
struct Undefined {
    form: Form,
    default: &'static str,
    ambiguous: bool,
    spelling: Spelling,
    file: Slot,
    line: u32,
}

impl Identities {
    /// Gives every mention without a definition its meaning; whether some mean others than before.
    pub(super) fn settle(&mut self, last: Form, bucket: &mut Bucket, work: &mut Work<'_>) -> bool {
        let mut undefined: [Vec<Undefined>; 4] = Default::default();
        let mut notes = Vec::new();
        let mut slots: Vec<Slot> = bucket.files.clone();
        slots.sort_unstable_by_key(|slot| work.files[*slot].rank);
        for slot in slots {
            let mut settled = None;
            for mention in work.files[slot].said.mentioned(last) {
                let key = (mention.class, mention.form);
                if settled == Some(key) {
                    continue;
                }
                let ambiguous = mention.answer == Answer::Ambiguous;
                if ambiguous {
                    let meanings = self.answer(bucket, work.names, work.files, slot, mention).1;
                    notes.push(self.ambiguous(work, slot, mention, &meanings));
                }
                if mention.answer == Answer::Defined || mention.keep {
                    settled = Some(key);
                }
                if mention.answer != Answer::Defined && mention.keep {
                    let (default, spelling, line) = (work.files[slot].default, mention.spelling, mention.line);
                    undefined[mention.class as usize].push(Undefined {
                        form: mention.form,
                        default,
                        ambiguous,
                        spelling,
                        file: slot,
                        line,
                    });
                }
            }
        }
        let mut unclaimed = self.by_urn(&bucket.undefined, work);
        bucket.undefined.clear();
        let before = std::mem::take(&mut bucket.late);
        for (class, mentions) in Class::ALL.into_iter().zip(undefined).filter(|(_, mentions)| !mentions.is_empty()) {
            self.settle_class(last, bucket, class, mentions, &mut unclaimed, work);
        }
        self.forget(unclaimed, work);
        bucket.late.sort_unstable();
        for ident in &bucket.undefined {
            let identity = &self.list[*ident as usize];
            let name = work.names.name(identity.name).to_string();
            let message = format!("`{name}` is mentioned here and defined nowhere in the project");
            notes.push(Note { name, message, file_id: work.files[identity.mentioned.0].id.to_string(), line: identity.mentioned.1 });
        }
        notes.extend(bucket.defined.iter().filter_map(|ident| self.told_apart(*ident, work)));
        work.effects.notes_gone.extend(bucket.notes.drain(..).map(|note| Arc::as_ptr(&note)));
        bucket.notes.extend(notes.into_iter().map(Arc::new));
        work.effects.notes.extend(bucket.notes.iter().cloned());
        before != bucket.late
    }

    /// What to say of definitions that are one here, and that a database tells apart by case.
    fn told_apart(&self, ident: Ident, work: &Work<'_>) -> Option<Note> {
        let (names, (slot, line)) = self.in_other_cases(ident, work)?;
        let (first, others) = names.split_first()?;
        let others = others.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let message = format!("`{first}` is taken for one with {others}, from which a database tells it apart by case");
        Some(Note { name: first.clone(), message, file_id: work.files[slot].id.to_string(), line })
    }

    /// The spellings of an identity's last part that some database takes for several, in the order of files, and where the first stands.
    pub(super) fn in_other_cases(&self, ident: Ident, work: &Work<'_>) -> Option<(Vec<String>, (Slot, u32))> {
        let identity = &self.list[ident as usize];
        let asset = |(slot, at): &(Slot, u32)| work.files[*slot].facts.head(*at).0;
        // One has one spelling.
        if identity.definitions.len() < 2 || !identity.definitions.iter().any(|d| asset(d).exact) {
            return None;
        }
        let mut definitions: Vec<_> = identity.definitions.iter().map(|d| (work.files[d.0].rank, d.1, d)).collect();
        definitions.sort_unstable();
        let mut spelled: Vec<(String, bool, (Slot, u32))> = Vec::new();
        for (.., definition) in definitions {
            let asset = asset(definition);
            let (name, exact) = (asset.name.last().to_owned(), asset.exact);
            // What is not quoted is spelled in any way.
            if !spelled.iter().any(|(other, also, _)| *other == name && *also == exact || !exact && !also) {
                spelled.push((name, exact, (definition.0, asset.span.line)));
            }
        }
        let (.., place) = *spelled.first()?;
        (spelled.len() > 1).then(|| (spelled.into_iter().map(|(name, ..)| name).collect(), place))
    }

    fn ambiguous(&self, work: &Work<'_>, slot: Slot, mention: &Mention, meanings: &[Ident]) -> Note {
        /// Meanings that a note names; the count tells the rest.
        const SHOWN: usize = 5;
        let name = work.names.name(mention.spelling).to_string();
        let spelled = |ident: &Ident| work.names.name(self.list[*ident as usize].name).to_string();
        let shown = meanings.iter().take(SHOWN).map(spelled).collect::<Vec<_>>().join(", ");
        let more = if meanings.len() > SHOWN { ", …" } else { "" };
        let message = format!("`{name}` could mean any of {} definitions ({shown}{more}); qualify it", meanings.len());
        Note { name, message, file_id: work.files[slot].id.to_string(), line: mention.line }
    }

    fn settle_class(
        &mut self,
        last: Form,
        bucket: &mut Bucket,
        class: Class,
        mut mentions: Vec<Undefined>,
        unclaimed: &mut Unclaimed,
        work: &mut Work<'_>,
    ) {
        let names = &*work.names;
        let place = |m: &Undefined| (work.files[m.file].rank, m.line);
        mentions.sort_by(|a, b| (names.text(a.form), a.default, place(a)).cmp(&(names.text(b.form), b.default, place(b))));
        let unsure: HashSet<Form> = mentions.iter().filter(|m| m.ambiguous).map(|m| m.form).collect();
        let mut forms: Vec<(Form, &'static str)> = mentions.iter().map(|m| (m.form, m.default)).collect();
        forms.dedup();
        let mut rest: Vec<(Form, &'static str)> = Vec::new();
        {
            let claims = claims(forms.iter().map(|(f, _)| names.text(*f)));
            for (form, default) in &forms {
                match self.shorter_definition(bucket, names, class, *form, &claims).filter(|_| !unsure.contains(form)) {
                    Some(ident) => bucket.late.push((class, *form, default, ident)),
                    None => rest.push((*form, default)),
                }
            }
        }
        let texts: Vec<(&str, &'static str)> = rest.iter().map(|(form, default)| (names.text(*form), *default)).collect();
        let mut groups = group(&texts);
        meet(bucket, last, &rest, &mut groups, &unsure);
        let groups = number(&groups);
        let at: HashMap<(Form, &str), usize> = rest.iter().copied().zip(0..).collect();
        let mut made: Vec<Identity> = Vec::new();
        // A group's number appears first with its first form; later mentions may be longer or earlier.
        for m in &mentions {
            let Some(at) = at.get(&(m.form, m.default)) else { continue };
            let Some(identity) = made.get_mut(groups[*at] as usize) else {
                made.push(Identity { class, name: m.spelling, mentioned: (m.file, m.line), last, ..Identity::default() });
                continue;
            };
            let (file, line) = identity.mentioned;
            let first = (work.files[file].rank, line);
            let (new, old) = (names.name(m.spelling).0.len(), names.name(identity.name).0.len());
            if new > old || (new == old && place(m) < first) {
                identity.name = m.spelling;
            }
            if place(m) < first {
                identity.mentioned = (m.file, m.line);
            }
        }
        let mut idents = Vec::new();
        for mut draft in made {
            let node = external_node(work.project, names.name(draft.name));
            let (ident, known_before) = self.claim(class, node.urn(work.project), unclaimed);
            draft.vertex = work.vertices.put(Owner::Asset(ident), node);
            if !known_before || self.list[ident as usize].name != draft.name {
                work.effects.idents.insert(ident);
            }
            self.list[ident as usize] = draft;
            idents.push(ident);
        }
        bucket.late.extend(rest.iter().zip(&groups).map(|((form, default), group)| (class, *form, *default, idents[*group as usize])));
        bucket.undefined.append(&mut idents);
    }

    /// The definition that the longer, undefined `form` means: `sales.orders` for `db.sales.orders`, `orders` for `shop.orders`,
    /// unless another undefined name could claim it as well.
    fn shorter_definition(
        &self,
        bucket: &Bucket,
        names: &Names,
        class: Class,
        form: Form,
        claims: &HashMap<&str, Claim<'_>>,
    ) -> Option<Ident> {
        let text = names.text(form);
        let fits = |ident: Ident, suffix: &str, short: Form| {
            let all_end_it = self.list[ident as usize].forms.iter().all(|f| is_suffix(names.text(*f), text));
            all_end_it && claims.get(suffix).is_none_or(|c| c.single) && !bucket.apart(short, form)
        };
        suffixes(text).find_map(|suffix| {
            let short = names.known(suffix)?;
            match bucket.named(class, short) {
                [(.., ident)] => Some(*ident).filter(|i| fits(*i, suffix, short)),
                _ => None,
            }
        })
    }
}

/// An undefined `orders` and the only undefined `sales.orders` are one.
fn meet(bucket: &Bucket, last: Form, forms: &[(Form, &'static str)], groups: &mut [u32], unsure: &HashSet<Form>) {
    let qualified: Vec<(Form, u32)> = forms.iter().zip(&*groups).map(|((f, _), g)| (*f, *g)).filter(|(f, _)| *f != last).collect();
    let Some((_, only)) = qualified.first().filter(|(_, g)| qualified.iter().all(|(_, other)| other == g)) else { return };
    for ((form, _), group) in forms.iter().zip(groups) {
        if *form == last && !unsure.contains(form) && !qualified.iter().any(|(long, _)| bucket.apart(*form, *long)) {
            *group = *only;
        }
    }
}
