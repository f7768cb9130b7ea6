//! What dashboards are told: the closed list of topics, and an event as the bytes that every listener gets.

use serde::Serialize;

/// The type of a WebSocket message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// `stats_update`: conflated, carries no `seq`.
    StatsUpdate,
    /// `ingestion_started`.
    IngestionStarted,
    /// `ingestion_progress`.
    IngestionProgress,
    /// `ingestion_complete`.
    IngestionComplete,
    /// `query_complete`.
    QueryComplete,
    /// `error`.
    Error,
    /// `server_restarting`.
    ServerRestarting,
    /// Anything an administrator broadcasts by another name.
    Custom,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Topic; 8] = [
        Topic::StatsUpdate,
        Topic::IngestionStarted,
        Topic::IngestionProgress,
        Topic::IngestionComplete,
        Topic::QueryComplete,
        Topic::Error,
        Topic::ServerRestarting,
        Topic::Custom,
    ];

    /// The `type` on the wire; `custom` for [`Topic::Custom`], whose messages carry their own.
    pub fn as_str(self) -> &'static str {
        match self {
            Topic::StatsUpdate => "stats_update",
            Topic::IngestionStarted => "ingestion_started",
            Topic::IngestionProgress => "ingestion_progress",
            Topic::IngestionComplete => "ingestion_complete",
            Topic::QueryComplete => "query_complete",
            Topic::Error => "error",
            Topic::ServerRestarting => "server_restarting",
            Topic::Custom => "custom",
        }
    }

    /// The topic of a wire `type`; unknown ones are [`Topic::Custom`].
    pub fn of(name: &str) -> Topic {
        Topic::ALL.into_iter().find(|t| t.as_str() == name).unwrap_or(Topic::Custom)
    }
}

/// An envelope without its closing brace, so that the hub can add `seq`: `{"type":…,"data":…,"timestamp":…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Who may have subscribed to it.
    pub topic: Topic,
    /// The wire `type` when the topic is [`Topic::Custom`]: clients subscribe to those by exact name.
    pub name: Option<Box<str>>,
    /// The open envelope.
    pub open: Vec<u8>,
}

impl Event {
    /// An event of `topic` with `data`.
    pub fn new(topic: Topic, data: &impl Serialize) -> Event {
        Event::named(topic.as_str(), data)
    }

    /// An event whose wire `type` is `name`.
    pub fn named(name: &str, data: &impl Serialize) -> Event {
        #[derive(Serialize)]
        struct Envelope<'a, T: Serialize> {
            r#type: &'a str,
            data: &'a T,
            timestamp: String,
        }
        let mut open = serde_json::to_vec(&Envelope { r#type: name, data, timestamp: crate::id::now() })
            .expect("wire values have string keys and no failing serializers");
        open.pop();
        let topic = Topic::of(name);
        Event { topic, name: (topic == Topic::Custom).then(|| name.into()), open }
    }

    /// The whole envelope, with `seq` when it is a numbered broadcast.
    pub fn close(self, seq: Option<u64>) -> Vec<u8> {
        let mut bytes = self.open;
        if let Some(seq) = seq {
            bytes.extend_from_slice(format!(",\"seq\":{seq}").as_bytes());
        }
        bytes.push(b'}');
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_carries_type_data_timestamp_and_only_broadcasts_a_seq() {
        let event = Event::new(Topic::Error, &serde_json::json!({"message": "x"}));
        let value: serde_json::Value = serde_json::from_slice(&event.clone().close(Some(7))).unwrap();
        assert_eq!((value["type"].as_str(), value["seq"].as_u64(), value["data"]["message"].as_str()), (Some("error"), Some(7), Some("x")));
        let value: serde_json::Value = serde_json::from_slice(&event.close(None)).unwrap();
        assert!(value.get("seq").is_none() && value["timestamp"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn only_a_type_nobody_knows_keeps_its_name() {
        assert_eq!(Event::named("deploy", &()).name.as_deref(), Some("deploy"));
        assert_eq!(Event::named("error", &()).name, None);
    }
}
