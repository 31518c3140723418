"""Card login for web sites: one core, and glue for ASGI and WSGI."""
