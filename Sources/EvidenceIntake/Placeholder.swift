// The sources of EvidenceIntake.
