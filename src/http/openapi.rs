//! OpenAPI 3.1 out of the route table and the wire types.
