//! The bundled sample warehouse: an online shop on PostgreSQL, its stock on SQL Server, and the Python job that joins them.

use super::{Content, Ingest, Report, Target, Upload};
use crate::store;

/// The repository it goes to, in the project `default`.
const REPOSITORY: &str = "sample";

/// Its files: path and text.
pub(crate) const FILES: [(&str, &str); 8] = [
    ("README.md", include_str!("../sample/README.md")),
    ("postgres/01_raw.sql", include_str!("../sample/postgres/01_raw.sql")),
    ("postgres/02_staging.sql", include_str!("../sample/postgres/02_staging.sql")),
    ("postgres/03_marts.sql", include_str!("../sample/postgres/03_marts.sql")),
    ("postgres/04_loads.sql", include_str!("../sample/postgres/04_loads.sql")),
    ("sqlserver/01_inventory.sql", include_str!("../sample/sqlserver/01_inventory.sql")),
    ("sqlserver/02_procedures.sql", include_str!("../sample/sqlserver/02_procedures.sql")),
    ("etl/nightly.py", include_str!("../sample/etl/nightly.py")),
];

/// Ingests the sample; again, it is skipped as a duplicate. Blocking.
pub fn ingest(ingest: &Ingest, connection_id: Option<String>) -> store::Result<Report> {
    let target = Target { repository_name: Some(REPOSITORY.into()), ..Target::default() };
    let upload = |(path, text): (&str, &str)| Upload { path: path.into(), content: Content::Bytes(text.into()) };
    ingest.run(ingest.target(&target)?.request("sample", connection_id, FILES.map(upload).into()))
}
