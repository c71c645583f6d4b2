package zones

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
)

const logGroupARN = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/route53/example.com"

func TestQueryLoggingIsRefused(t *testing.T) {
	a, _ := openAPI(t, t.TempDir())
	z := makeZone(t, a, "example.com")
	log := func(zone, group string) error {
		_, err := a.createQueryLogging(t.Context(), &route53.CreateQueryLoggingConfigInput{HostedZoneId: &zone, CloudWatchLogsLogGroupArn: &group})
		return err
	}
	if err := log(z, logGroupARN); err != nil {
		t.Fatal(err)
	}
	refused(t, log(z, logGroupARN+"2"), "QueryLoggingConfigAlreadyExists", "")
	refused(t, log("ZNONE", logGroupARN), "NoSuchHostedZone", "")
	refused(t, log(z, strings.Replace(logGroupARN, "us-east-1", "us-west-2", 1)), "InvalidInput", "")
	refused(t, log(z, "arn:aws:s3:::bucket"), "InvalidInput", "")
	_, err := a.getQueryLogging(t.Context(), &route53.GetQueryLoggingConfigInput{Id: aws.String("none")})
	refused(t, err, "NoSuchQueryLoggingConfig", "")
	_, err = a.deleteQueryLogging(t.Context(), &route53.DeleteQueryLoggingConfigInput{Id: aws.String("none")})
	refused(t, err, "NoSuchQueryLoggingConfig", "")
	_, err = a.listQueryLogging(t.Context(), &route53.ListQueryLoggingConfigsInput{HostedZoneId: aws.String("ZNONE")})
	refused(t, err, "NoSuchHostedZone", "")
	_, err = a.listQueryLogging(t.Context(), &route53.ListQueryLoggingConfigsInput{NextToken: aws.String("nonsense")})
	refused(t, err, "InvalidPaginationToken", "")
	if _, err := a.deleteHostedZone(t.Context(), &route53.DeleteHostedZoneInput{Id: &z}); err != nil {
		t.Fatal(err)
	}
	if n := a.queryLogs.Len(); n != 0 {
		t.Errorf("%d configurations outlive their zones", n)
	}
}

// TestQueriesAreLogged asks a zone before, while and after it is logged.
func TestQueriesAreLogged(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir)
	z := s.zoneNamed(t, "example.com")
	s.dig(t, "before.example.com", "A")
	made, err := s.client.CreateQueryLoggingConfig(
		t.Context(),
		&route53.CreateQueryLoggingConfigInput{HostedZoneId: &z, CloudWatchLogsLogGroupArn: aws.String(logGroupARN)},
	)
	if err != nil {
		t.Fatal(err)
	}
	s.dig(t, "example.com", "SOA")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	s = serve(t, dir)
	defer s.Close()
	s.dig(t, "nothing.example.com", "A")
	if _, err := s.client.DeleteQueryLoggingConfig(t.Context(), &route53.DeleteQueryLoggingConfigInput{Id: made.QueryLoggingConfig.Id}); err != nil {
		t.Fatal(err)
	}
	s.dig(t, "after.example.com", "A")
	text, err := os.ReadFile(filepath.Join(dir, "query-logs", "group-%2Faws%2Froute53%2Fexample.com", z+".log"))
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(
		`^1\.0 \S+Z ` + z + ` example\.com SOA NOERROR UDP \S+ 127\.0\.0\.1 -\n1\.0 \S+Z ` + z + ` nothing\.example\.com A NXDOMAIN UDP \S+ 127\.0\.0\.1 -\n$`,
	)
	if !want.Match(text) {
		t.Errorf("logged:\n%s", text)
	}
}

func TestLogsAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b.log")
	l := &logFile{path: path, max: 100}
	line := []byte(strings.Repeat("x", 39) + "\n")
	for range 7 {
		if _, err := l.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	if _, err := l.Write(line); err != nil { // as a new process
		t.Fatal(err)
	}
	l.Close()
	for name, want := range map[string]int64{path: 80, path + ".1": 80} {
		if info, err := os.Stat(name); err != nil || info.Size() != want {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if found, _ := filepath.Glob(path + "*"); len(found) != 2 {
		t.Errorf("files %v", found)
	}
}
