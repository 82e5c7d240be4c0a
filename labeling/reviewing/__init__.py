"""What reviewers decide about what was submitted."""
