#ifndef CHECKIN_ZXING_H
#define CHECKIN_ZXING_H
#ifdef __cplusplus
extern "C" {
#endif
int checkin_zxing_version(void);
#ifdef __cplusplus
}
#endif
#endif
