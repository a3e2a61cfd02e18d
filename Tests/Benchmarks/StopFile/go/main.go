// The reader of the talk "Design For Chaos": load() as its slides show it, timed over two files in turn.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"
)

type Status string

type Info struct {
	Name   string
	Status Status
}

func (i Info) validate() error {
	i.Name = strings.TrimSpace(i.Name)
	if i.Name == "" {
		return fmt.Errorf("rule with empty name, ignored")
	}
	switch i.Status {
	case "go", "stop":
	default:
		return fmt.Errorf("rule(%s) has invalid Status(%s), ignored", i.Name, i.Status)
	}
	return nil
}

func load(path string) (map[string]Info, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	dec := json.NewDecoder(f)
	dec.DisallowUnknownFields()
	m := map[string]Info{}
	for dec.More() {
		info := Info{}
		if err := dec.Decode(&info); err != nil {
			return nil, err
		}
		if _, ok := m[info.Name]; ok {
			log.Printf("two definitions(%s), ignoring the second", info.Name)
			continue
		}
		if err := info.validate(); err != nil {
			log.Printf("invalid entry(%s), ignoring: %s", info.Name, err)
			continue
		}
		m[info.Name] = info
	}
	return m, nil
}

// changed counts the names whose status is another than before.
func changed(old, new map[string]Info) int {
	count := 0
	for name, info := range new {
		if old[name] != info {
			count++
		}
	}
	for name := range old {
		if _, ok := new[name]; !ok {
			count++
		}
	}
	return count
}

func main() {
	paths := os.Args[1:3]
	rounds, err := strconv.Atoi(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	before, err := load(paths[1])
	if err != nil {
		log.Fatal(err)
	}
	times := []float64{}
	for round := 0; round < rounds; round++ {
		start := time.Now()
		now, err := load(paths[round%2])
		if err != nil {
			log.Fatal(err)
		}
		count := changed(before, now)
		times = append(times, float64(time.Since(start).Nanoseconds())/1e6)
		if count != 1 {
			log.Fatalf("%d changes, expected 1", count)
		}
		before = now
	}
	sort.Float64s(times)
	fmt.Printf("%.2f\n", times[len(times)/2])
}
