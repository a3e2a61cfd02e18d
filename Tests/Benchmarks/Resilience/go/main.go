// Prints `name threads nanoseconds` a line: what the Swift program beside it is compared with.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

var iterations = 2000000

func measure(name string, threads int, body func(int)) {
	runtime.GOMAXPROCS(threads)
	body(iterations / 10)
	var group sync.WaitGroup
	start := time.Now()
	for i := 0; i < threads; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			body(iterations)
		}()
	}
	group.Wait()
	fmt.Println(name, threads, float64(time.Since(start).Nanoseconds())/float64(iterations))
}

//go:noinline
func nothing() (bool, error) { return true, nil }

func main() {
	if len(os.Args) > 1 {
		if n, err := strconv.Atoi(os.Args[1]); err == nil {
			iterations = n
		}
	}
	for _, threads := range []int{1, 2} {
		for name, interval := range map[string]time.Duration{"breaker": 0, "breaker-interval": time.Minute} {
			b := newBreaker(interval)
			measure(name, threads, func(count int) {
				for i := 0; i < count; i++ {
					b.execute(nothing)
				}
			})
		}
		full := rate.NewLimiter(1e9, 1<<40)
		measure("token-granted", threads, func(count int) {
			for i := 0; i < count; i++ {
				full.Allow()
			}
		})
		empty := rate.NewLimiter(1, 1)
		measure("token-refused", threads, func(count int) {
			for i := 0; i < count; i++ {
				empty.Allow()
			}
		})
	}
}
