package web

import "net/url"

// Where things are. A segment is escaped whole: an address may hold a slash.

func domainURL(name string) string { return "/domains/" + url.PathEscape(name) }

func recipientURL(address string) string { return "/recipients/" + url.PathEscape(address) }

func hostURL(address string) string { return "/destinations/" + url.PathEscape(address) }

// withQuery appends query parameters, "name", "value", …, those with a value.
func withQuery(path string, pairs ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}
