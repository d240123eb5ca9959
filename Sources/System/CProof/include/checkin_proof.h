#ifndef CHECKIN_PROOF_H
#define CHECKIN_PROOF_H
int checkin_proof_version(void);
#endif
