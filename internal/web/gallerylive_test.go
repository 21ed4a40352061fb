package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"time"
)

func serveChart(w http.ResponseWriter, _ *http.Request) {
	var times []int64
	var a, b, c []any
	for i := range 60 {
		times = append(times, time.Now().Add(time.Duration(i-60)*time.Minute).Unix())
		x := float64(i)
		a = append(a, 14+4*math.Sin(x/7)+math.Sin(x*1.7))
		b = append(b, 3+math.Sin(x/3)*1.5)
		if i > 20 && i < 26 {
			c = append(c, nil) // a gap
			continue
		}
		c = append(c, .8+.5*math.Cos(x/4))
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"step_seconds": 60, "times": times, "series": map[string]any{"accepted": a, "rejected": b, "deferred": c}})
}

// serveTail sends five decisions and keeps the stream open.
func serveTail(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for i, verdict := range []string{"valid", "invalid", "unknown", "valid", "invalid"} {
		action := map[string]string{"valid": "accept", "invalid": "reject", "unknown": "defer"}[verdict]
		entry, _ := json.Marshal(map[string]any{"at": time.Now(), "recipient": fmt.Sprintf("r%d<b>\u202e@example.com", i), "action": action, "verdict": verdict})
		fmt.Fprintf(w, "id: %d\ndata: %s\n\n", i, entry)
	}
	http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

func serveStream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for i, text := range []string{"220 mx1.example.com", "EHLO filter", "250 <b>ok</b>\u202e"} {
		line, _ := json.Marshal(map[string]any{"ms": 12 * i, "who": []string{"S", "C"}[i%2], "text": text})
		fmt.Fprintf(w, "event: line\ndata: %s\n\n", line)
	}
	fmt.Fprintf(w, "event: result\ndata: {\"kind\":\"ok\",\"word\":\"valid\",\"text\":\"%s\"}\n\n", "250 2.1.5 Ok")
}

// serveUpload counts what it got, line by line.
func serveUpload(w http.ResponseWriter, r *http.Request) {
	file, _, err := r.FormFile("file")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	content, _ := io.ReadAll(file)
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprintf(w, "event: progress\r\ndata: {\"done\":1,\"total\":2,\"text\":\"read\"}\r\n\r\n")
	http.NewResponseController(w).Flush()
	fmt.Fprintf(w, "event: result\ndata: {\"kind\":\"ok\",\"text\":\"%s.\"}\n\n", Plural(int64(bytes.Count(content, []byte("\n"))), "line", "lines"))
}
