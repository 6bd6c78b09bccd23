"""What jobs write for people: pages of HTML and the picture of an evaluation."""
