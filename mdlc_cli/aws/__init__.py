"""The AWS that a command uses: which one, its stacks and models, its errors."""
