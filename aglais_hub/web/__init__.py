"""What every service answers with: REST, pages, OpenAPI, health, metrics."""
