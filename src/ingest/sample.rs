//! The bundled sample warehouse.
