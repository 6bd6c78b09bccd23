from tests.local.runtimes.built_in.containers import container

__all__ = ["container"]
