package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Done is something that was done, as the page after it says. Only its code and a count travel, in a cookie that lasts a
// minute and is shown once: no text comes from the browser, and a link can't claim that something was done.
type Done string

const flashCookie = "callout_done"

// What a page can say that was done. {n entry|entries} becomes "1 entry" or "1 204 entries", {it|them} what fits the number,
// {time} the time that the number is.
const (
	DoneAdded       Done = "added"
	DoneSaved       Done = "saved"
	DoneRemoved     Done = "removed"
	DoneCleared     Done = "cleared"
	DoneImported    Done = "imported"
	DoneNothing     Done = "nothing"
	DonePassword    Done = "password"
	DoneTokenGone   Done = "token-revoked"
	DoneUserRemoved Done = "user-removed"
	DoneLeft        Done = "left"
	DoneListed      Done = "listed"
	DoneUnlisted    Done = "unlisted"
	DoneForgotten   Done = "forgotten"
)

// What can be said of a pause that has begun or ended. The number of those with an end is that, in Unix time.
const (
	DonePaused         Done = "paused"
	DonePausedUntil    Done = "paused-until"
	DoneAllPaused      Done = "all-paused"
	DoneAllPausedUntil Done = "all-paused-until"
	DoneResumed        Done = "resumed"
	DoneResumedLoose   Done = "resumed-loose" // the domain's settings do not enforce
	DoneResumedAllBut  Done = "resumed-all-but"
	DoneStillPaused    Done = "still-paused"
	DoneNotPaused      Done = "not-paused"
	DoneAllPausedOnly  Done = "all-paused-only"
)

var sentences = map[Done]string{
	DonePaused:         "Paused: all recipients of the domain are accepted until it is resumed.",
	DonePausedUntil:    "Paused: all recipients of the domain are accepted until {time}, unless it is resumed before.",
	DoneAllPaused:      "Everything is paused: all recipients are accepted until it is resumed.",
	DoneAllPausedUntil: "Everything is paused: all recipients are accepted until {time}, unless it is resumed before.",
	DoneResumed:        "Resumed: verdicts count again.",
	DoneResumedLoose:   "Resumed. The domain's own settings do not enforce, so that all its recipients are accepted still.",
	DoneResumedAllBut:  "Resumed: verdicts count again. {n domain stays|domains stay} as {it is|they are}, by {a pause of its|pauses of their} own.",
	DoneStillPaused:    "The domain's own pause has ended. Everything is paused still, the domain too.",
	DoneNotPaused:      "Nothing was paused.",
	DoneAllPausedOnly:  "The domain has no pause of its own. Everything is paused, the domain too.",

	DoneAdded:       "The domain was added.",
	DoneSaved:       "Saved.",
	DoneRemoved:     "The domain was removed, and {n cached verdict|cached verdicts} with it.",
	DoneCleared:     "Cleared: {n cached verdict|cached verdicts} went. The next question for {it|each} asks the destination.",
	DoneImported:    "Imported: the list holds {n local recipient|local recipients} now.",
	DoneNothing:     "Nothing was selected.",
	DonePassword:    "The password was changed. Every other session of the user has ended.",
	DoneTokenGone:   "The token was revoked. What used it is refused from now on.",
	DoneUserRemoved: "The user was removed, with sessions and tokens.",
	DoneLeft:        "You have logged out.",
	DoneListed:      "Added: {n local recipient|local recipients}. Any others were there already.",
	DoneUnlisted:    "Removed: {n local recipient|local recipients}.",
	DoneForgotten:   "Forgotten: what was learned of {n host|hosts}. The next question tries at once.",
}

// SetFlash has the next page that the browser shows say what was done, and to how many (0 where nothing is counted).
func (s *Shell) SetFlash(w http.ResponseWriter, r *http.Request, done Done, n int64) {
	http.SetCookie(w, s.flash(r, string(done)+"."+strconv.FormatInt(n, 10), 60))
}

// TakeFlash returns what was just done, for Page.Flash, and forgets it; "" for nothing. Requests made by script leave it to the
// next whole page.
func (s *Shell) TakeFlash(w http.ResponseWriter, r *http.Request) string {
	c, err := r.Cookie(flashCookie)
	if err != nil || r.Header.Get("HX-Request") == "true" {
		return ""
	}
	http.SetCookie(w, s.flash(r, "", -1))
	code, count, _ := strings.Cut(c.Value, ".")
	n, err := strconv.ParseInt(count, 10, 64)
	sentence, ok := sentences[Done(code)]
	if err != nil || !ok {
		return ""
	}
	return counted(sentence, n)
}

func (s *Shell) flash(r *http.Request, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: flashCookie, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: s.tls || r.TLS != nil,
	}
}

// counted puts n in place of {n one|many}, and one of the words in place of {one|many}.
func counted(sentence string, n int64) string {
	before, rest, ok := strings.Cut(sentence, "{")
	if !ok {
		return sentence
	}
	words, after, _ := strings.Cut(rest, "}")
	words, number := strings.CutPrefix(words, "n ")
	one, many, _ := strings.Cut(words, "|")
	switch {
	case number:
		one = Plural(n, one, many)
	case words == "time":
		one = time.Unix(n, 0).UTC().Format("2006-01-02 15:04") + " UTC"
	case n != 1:
		one = many
	}
	return before + one + counted(after, n)
}
