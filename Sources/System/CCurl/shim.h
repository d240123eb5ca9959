#ifndef CHECKIN_CCURL_SHIM_H
#define CHECKIN_CCURL_SHIM_H

#include <curl/curl.h>

/* curl_easy_setopt and curl_easy_getinfo take any number of arguments, which Swift does not call. */

/// Sets an option that is a number. The C function is `curl_easy_setopt`.
static inline CURLcode checkin_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

/// Sets an option that is a large number. The C function is `curl_easy_setopt`.
static inline CURLcode checkin_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}

/// Sets an option that is a text, which libcurl copies. The C function is `curl_easy_setopt`.
static inline CURLcode checkin_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

/// Sets an option that is an address. The C function is `curl_easy_setopt`.
static inline CURLcode checkin_curl_set_pointer(CURL *handle, CURLoption option, const void *value) {
  return curl_easy_setopt(handle, option, value);
}

/// What libcurl calls with a piece of an answer.
typedef size_t (*checkin_curl_receive)(char *bytes, size_t size, size_t count, void *context);

/// Sets what is called with pieces of an answer. The C function is `curl_easy_setopt`.
static inline CURLcode checkin_curl_set_receive(CURL *handle, CURLoption option,
                                                checkin_curl_receive receive) {
  return curl_easy_setopt(handle, option, receive);
}

/// What libcurl calls while a transfer goes on, at least about once a second.
typedef int (*checkin_curl_progress)(void *context, curl_off_t down, curl_off_t downloaded,
                                     curl_off_t up, curl_off_t uploaded);

/// Sets what is called while a transfer goes on. The C function is `curl_easy_setopt`.
static inline CURLcode checkin_curl_set_progress(CURL *handle, checkin_curl_progress progress) {
  return curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, progress);
}

/// Returns the status of the answer. The C function is `curl_easy_getinfo`.
static inline long checkin_curl_status(CURL *handle) {
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

#endif
