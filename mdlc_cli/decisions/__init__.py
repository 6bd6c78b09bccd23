"""Decision APIs and endpoints: rows to ask, answers, rules, golden rows, the OpenAPI document."""
