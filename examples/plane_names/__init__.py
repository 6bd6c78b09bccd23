"""Who built a plane, by what its registration says in words: texts on channels, by BlazingText."""
