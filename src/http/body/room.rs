//! Room for what is in memory whole, bodies and answers, for all requests together.

use crate::http::Error;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Most bytes of bodies held at once, and of answers that are not taken yet: two of the largest bodies.
const ROOM: usize = 2 * super::MAX_SQL_JSON_BYTES;
/// Bytes of each that need no room: what a connection buffers anyway. Questions and most answers fit, however full it is.
const UNCOUNTED: usize = 64 << 10;
/// Seconds after which to try again: a large body is read within one or two.
const RETRY_AFTER: u32 = 2;

/// The room there is for one kind of thing.
#[derive(Debug)]
pub struct Room {
    free: Arc<Semaphore>,
    /// What is said while there is none.
    full: &'static str,
}

impl Room {
    /// Room for what clients send.
    pub fn for_bodies() -> Room {
        Room { free: Arc::new(Semaphore::new(ROOM)), full: "Too many large bodies at once: try again in a moment" }
    }

    /// Room for what they have not taken yet.
    pub fn for_answers() -> Room {
        Room { free: Arc::new(Semaphore::new(ROOM)), full: "Too many large answers are on their way to others: try again in a moment" }
    }

    /// Bytes of it that are held.
    pub fn taken(&self) -> usize {
        ROOM - self.free.available_permits()
    }

    /// A part of it for one request, nothing yet; given back when it is dropped.
    pub fn held(&self) -> Held {
        Held { room: self.free.clone(), full: self.full, permit: None }
    }
}

/// What a request holds of the room.
#[derive(Debug)]
pub struct Held {
    room: Arc<Semaphore>,
    full: &'static str,
    permit: Option<OwnedSemaphorePermit>,
}

impl Held {
    /// Holds room for so many bytes, more or less than before; 503 when there is not so much. What is larger than all of it is alone.
    pub fn hold(&mut self, bytes: usize) -> Result<(), Error> {
        let wanted = bytes.saturating_sub(UNCOUNTED).min(ROOM);
        let have = self.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        if wanted < have {
            drop(self.permit.as_mut().and_then(|permit| permit.split(have - wanted)));
        } else if wanted > have {
            let more = u32::try_from(wanted - have).ok().and_then(|more| self.room.clone().try_acquire_many_owned(more).ok());
            let more = more.ok_or_else(|| Error::Unavailable(self.full.into(), RETRY_AFTER))?;
            match &mut self.permit {
                Some(permit) => permit.merge(more),
                none => *none = Some(more),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_share_the_room_small_ones_need_none_and_all_is_given_back() {
        let room = Room::for_bodies();
        let (mut one, mut other) = (room.held(), room.held());
        for bytes in [UNCOUNTED + 1, ROOM, ROOM + UNCOUNTED] {
            one.hold(bytes).expect("room");
        }
        assert!(matches!(other.hold(UNCOUNTED + 1), Err(Error::Unavailable(_, RETRY_AFTER))));
        other.hold(UNCOUNTED).expect("a small body needs no room");
        assert_eq!(room.taken(), ROOM);
        one.hold(ROOM).expect("less");
        other.hold(2 * UNCOUNTED).expect("what the other gave back");
        drop(one);
        other.hold(ROOM + UNCOUNTED).expect("all of it");
        drop(other);
        let mut huge = room.held();
        huge.hold(usize::MAX).expect("alone");
        assert!(room.held().hold(UNCOUNTED + 1).is_err());
        drop(huge);
        assert_eq!(room.taken(), 0);
    }
}
