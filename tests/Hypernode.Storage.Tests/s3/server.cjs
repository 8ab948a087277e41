'use strict';

// node server.cjs FOLDER   an S3 server with the bucket "blobs" on a free port of loopback. It prints the port, and ends when stdin does.
const S3rver = require('@20minutes/s3rver');

new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory: process.argv[2], configureBuckets: [{ name: 'blobs' }] })
  .run()
  .then((address) => console.log(address.port));
process.stdin.on('end', () => process.exit(0)).resume();
