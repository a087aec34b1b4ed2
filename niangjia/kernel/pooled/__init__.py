"""Django's PostgreSQL backend, whose pool recovers as soon as the database does."""
