//! CORS as Starlette's middleware answers it, and the refusal of unsafe methods from foreign origins.
