"""Records a computed monitoring window: its metrics, its audit item and its event."""
