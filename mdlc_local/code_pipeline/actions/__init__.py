"""The action providers of pipelines, one module each."""
