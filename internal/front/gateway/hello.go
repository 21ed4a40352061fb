package gateway

import (
	"slices"
	"strconv"
	"strings"
)

// hello is the EHLO reply, ready to be sent.
type hello struct{ plain, encrypted string }

func newHello(s *Settings, starttls bool) hello {
	return hello{plain: helloReply(s, starttls), encrypted: helloReply(s, false)}
}

// helloReply words the reply to EHLO (RFC 5321 section 4.1.1.1).
func helloReply(s *Settings, starttls bool) string {
	lines := []string{s.Hostname}
	for _, keyword := range s.Announce {
		switch keyword {
		case "STARTTLS":
			if !starttls {
				continue
			}
		case "SIZE":
			keyword += " " + strconv.FormatInt(s.MaxMessageSize, 10)
		}
		lines = append(lines, keyword)
	}
	var b strings.Builder
	for i, line := range lines {
		separator := "-"
		if i == len(lines)-1 {
			separator = " "
		}
		b.WriteString("250" + separator + line + "\r\n")
	}
	return b.String()
}

// announces reports whether clients are told of an extension.
func (s *Settings) announces(keyword string) bool { return slices.Contains(s.Announce, keyword) }
