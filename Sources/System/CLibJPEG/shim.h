/* libjpeg's header wants <stdio.h> before it and is included by the target CJPEG only. */
