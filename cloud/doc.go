// Package cloud is a local cloud: the AWS API on this machine, with real networks, processes and name servers.
//
// It is used like net/http/httptest. A program that starts clouds calls [Main] first in its main, and a
// test in its TestMain, because a cloud's processes run the same program:
//
//	func TestMain(m *testing.M) {
//		cloud.Main()
//		os.Exit(m.Run())
//	}
//
//	func TestFailover(t *testing.T) {
//		c, err := cloud.Start(t.Context(), cloud.Options{Speed: 30})
//		if err != nil {
//			t.Fatal(err)
//		}
//		defer c.Close()
//		client := ec2.New(ec2.Options{BaseEndpoint: aws.String(c.Endpoint()), ...})
//	}
//
// A cloud needs Linux and user namespaces, and no privileges. Of the host's network it uses only
// listeners on loopback. When the program that started it ends, in whatever way, the cloud ends, too.
package cloud
