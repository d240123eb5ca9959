#ifndef CHECKIN_PNG_H
#define CHECKIN_PNG_H
int checkin_png_version(void);
#endif
