"""What labelers write and how they judge: rules, drafts, submissions, corrections."""
