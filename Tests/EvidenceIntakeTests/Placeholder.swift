// The tests of EvidenceIntake.
