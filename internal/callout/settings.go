package callout

import "time"

// Settings says how a question is asked. The zero value is of no use: DefaultSettings has the defaults, and
// the config package lets a file or a domain change them.
type Settings struct {
	Hostname       string        // what we call ourselves in EHLO
	MaxSessions    int           // sessions to one host at a time, at least 1
	ConnectTimeout time.Duration // for one connection attempt
	ReplyTimeout   time.Duration // for the greeting and for each reply, whole
	Deadline       time.Duration // for a whole question: every host, every try, waiting included
	Pipelining     bool          // send commands ahead where EHLO announced PIPELINING (RFC 2920)
}

// DefaultSettings returns the settings of a file that sets nothing.
func DefaultSettings() Settings {
	return Settings{
		Hostname:       "localhost",
		MaxSessions:    5,
		ConnectTimeout: 5 * time.Second,
		ReplyTimeout:   30 * time.Second,
		Deadline:       60 * time.Second,
		Pipelining:     true,
	}
}
