// Made by generate.mjs from ../openapi.json: ./hn docs writes it anew.

export interface paths {
    "/api/auth/challenge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A text for the wallet to sign; it can be answered once. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "wallet": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9"
                     *     }
                     */
                    "application/json": components["schemas"]["ChallengeRequest"];
                };
            };
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "challenge": "HYPERNODE Sign-in\n\nNetwork: localnet\nWallet: AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9\nChallenge: 67abdd721024f0ff4e0b3f4c2fc13bc5bad42d0b7851d456d88d203d15aaa450\nExpires: 2026-03-01T12:05:00.000Z\n\nBy signing this message, you sign in. It moves no money.",
                         *       "expiresAt": 1772366700000
                         *     }
                         */
                        "application/json": components["schemas"]["ChallengeAnswer"];
                    };
                };
                /** @description Bad Request */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 400,
                         *       "detail": ": the body must be a JSON object",
                         *       "errors": [
                         *         {
                         *           "pointer": "",
                         *           "code": "wrong-type",
                         *           "detail": "the body must be a JSON object"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:invalid-field",
                         *       "title": "Bad Request"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Payload Too Large */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 413,
                         *       "detail": "the body may have at most 16384 bytes",
                         *       "type": "urn:hypernode:problem:too-large",
                         *       "title": "Payload Too Large"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unsupported Media Type */
                415: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 415,
                         *       "detail": "send application/json in UTF-8",
                         *       "type": "urn:hypernode:problem:unsupported-media-type",
                         *       "title": "Unsupported Media Type"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A session token for a signed challenge. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "wallet": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9",
                     *       "challenge": "HYPERNODE Sign-in\n\nNetwork: localnet\nWallet: AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9\nChallenge: 84fc05949dc1e486652a4ed316afb6434e9437eb30b714594a1d0b4205776602\nExpires: 2026-03-01T12:05:00.000Z\n\nBy signing this message, you sign in. It moves no money.",
                     *       "signature": "5eYfC9cggJLC1ucHReroPMhXL5KBgpwknURt5DWbYHG9pk6qaVtn8jB4m9FPXXTQiwRRpTNXu38BSw6ELbTm3kMi"
                     *     }
                     */
                    "application/json": components["schemas"]["LoginRequest"];
                };
            };
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhdWQiOiJoeXBlcm5vZGU6bG9jYWxuZXQiLCJpc3MiOiJoeXBlcm5vZGUiLCJleHAiOjE3NzIzNzAwMDAsImlhdCI6MTc3MjM2NjQwMCwibmJmIjoxNzcyMzY2NDAwLCJzdWIiOiJBS25MNE5OZjNER1daSlM2Y1BrbkJ1RUduVnNWNEE0bTV0Z2ViTEhhUlNaOSIsImp0aSI6IjAwMDAwMDAyLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMSJ9.c0Covnplp7FTPhLi2CkSWcy8XtJ8IJVXbj_AYIE0U7k",
                         *       "expiresAt": 1772370000000
                         *     }
                         */
                        "application/json": components["schemas"]["LoginAnswer"];
                    };
                };
                /** @description Bad Request */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 400,
                         *       "detail": ": the body must be a JSON object",
                         *       "errors": [
                         *         {
                         *           "pointer": "",
                         *           "code": "wrong-type",
                         *           "detail": "the body must be a JSON object"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:invalid-field",
                         *       "title": "Bad Request"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unauthorized */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 401,
                         *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                         *       "type": "urn:hypernode:problem:sign-in-refused",
                         *       "title": "Unauthorized"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Payload Too Large */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 413,
                         *       "detail": "the body may have at most 16384 bytes",
                         *       "type": "urn:hypernode:problem:too-large",
                         *       "title": "Payload Too Large"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unsupported Media Type */
                415: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 415,
                         *       "detail": "send application/json in UTF-8",
                         *       "type": "urn:hypernode:problem:unsupported-media-type",
                         *       "title": "Unsupported Media Type"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Says whose the session token is and until when. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "valid": true,
                         *       "wallet": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9",
                         *       "expiresAt": 1772370000000
                         *     }
                         */
                        "application/json": components["schemas"]["VerifyAnswer"];
                    };
                };
                /** @description Unauthorized */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 401,
                         *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                         *       "type": "urn:hypernode:problem:sign-in-refused",
                         *       "title": "Unauthorized"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/facilitator/prepare-intent": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** An intent for a job: the text to sign and what its nonce commits to. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "client": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9",
                     *       "amount": "2.5",
                     *       "job": {
                     *         "type": "custom",
                     *         "image": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                     *         "script": "sort /in/words.txt > /out/sorted.txt",
                     *         "inputs": [
                     *           {
                     *             "name": "words.txt",
                     *             "sha256": "5df6629deb82463b0e4395a9f5a878011156b5759f994a100c264a616a73e817",
                     *             "bytes": 11
                     *           }
                     *         ],
                     *         "limits": {
                     *           "cpuMillis": 1000,
                     *           "memoryMb": 256
                     *         },
                     *         "estimatedTime": 30,
                     *         "network": "none"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["PrepareIntentRequest"];
                };
            };
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "paymentIntent": {
                         *         "intentId": "6a05210d-8e76-82ac-ab96-32190c5af81b",
                         *         "client": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9",
                         *         "amount": "2.5",
                         *         "jobId": "job-075de2b9-06db-4706-ada0-08cab735bee8",
                         *         "timestamp": 1772366400000,
                         *         "expiresAt": 1772370000000,
                         *         "nonce": "2d75468c85c1dff618e17333704c96aa1aed6780a98d7225ed95fba15f75c656"
                         *       },
                         *       "text": "HYPERNODE Payment Intent\n\nIntent ID: 6a05210d-8e76-82ac-ab96-32190c5af81b\nJob ID: job-075de2b9-06db-4706-ada0-08cab735bee8\nAmount: 2.5 HYPER\nTimestamp: 2026-03-01T12:00:00.000Z\nExpires: 2026-03-01T13:00:00.000Z\nNonce: 2d75468c85c1dff618e17333704c96aa1aed6780a98d7225ed95fba15f75c656\n\nBy signing this message, you authorize this payment.",
                         *       "reveal": {
                         *         "salt": "9f076b7eb7fdc0311cd3208cdbbebbf8014dd3a05e35191c96947b358a362b40",
                         *         "settleBy": 1772371215
                         *       },
                         *       "specHash": "7e84f6ed4a5c91b87e21246f403fc22f31fdbd2afffd39e3f9171679c048577d",
                         *       "canonicalSpec": "{\"estimatedTime\":30,\"image\":\"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\",\"inputs\":[{\"bytes\":11,\"name\":\"words.txt\",\"sha256\":\"5df6629deb82463b0e4395a9f5a878011156b5759f994a100c264a616a73e817\"}],\"limits\":{\"cpuMillis\":1000,\"gpuVramMb\":0,\"gpus\":0,\"memoryMb\":256,\"outputMb\":64},\"network\":\"None\",\"script\":\"sort /in/words.txt > /out/sorted.txt\",\"type\":\"Custom\"}",
                         *       "runLimitSeconds": 45,
                         *       "deployment": {
                         *         "network": "localnet",
                         *         "cluster": "164cf1ca8391532e4f239c556c0c19589ae8877cb25ecfaf0b310c6c3713ba1f",
                         *         "program": "2HRbXDoT3fpNhiFo8VxM7yeay29jBuxmLbzuq47Xbo43",
                         *         "mint": "FqUwnBMN1shpeqKVm7W5fN73tvrjVr19TQFFgkoFFzhq"
                         *       }
                         *     }
                         */
                        "application/json": components["schemas"]["PreparedIntent"];
                    };
                };
                /** @description Bad Request */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 400,
                         *       "detail": ": the body must be a JSON object",
                         *       "errors": [
                         *         {
                         *           "pointer": "",
                         *           "code": "wrong-type",
                         *           "detail": "the body must be a JSON object"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:invalid-field",
                         *       "title": "Bad Request"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Payload Too Large */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 413,
                         *       "detail": "the body may have at most 16384 bytes",
                         *       "type": "urn:hypernode:problem:too-large",
                         *       "title": "Payload Too Large"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unsupported Media Type */
                415: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 415,
                         *       "detail": "send application/json in UTF-8",
                         *       "type": "urn:hypernode:problem:unsupported-media-type",
                         *       "title": "Unsupported Media Type"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Service Unavailable */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 503,
                         *       "detail": "a transaction needs a recent block, and the chain can't be asked now; an intent to sign as a text can still be made",
                         *       "type": "urn:hypernode:problem:chain-unavailable",
                         *       "title": "Service Unavailable"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/facilitator/submit-job": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A job with its signed payment intent, or paid for by x402. The same body again gets the same answer. */
        post: {
            parameters: {
                query?: never;
                header?: {
                    /** @description x402 v2: the payment, JSON in base64 */
                    "PAYMENT-SIGNATURE"?: string;
                    /** @description x402 v1: the payment, JSON in base64 */
                    "X-PAYMENT"?: string;
                    /** @description open-account: have the deposit account opened before payment (signed in as the payer) */
                    Prefer?: string;
                    /** @description 1 to 128 visible ASCII characters: for a day the same request gets the same answer */
                    "Idempotency-Key"?: string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "paymentIntent": {
                     *         "intentId": "6a05210d-8e76-82ac-ab96-32190c5af81b",
                     *         "client": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9",
                     *         "amount": "2.5",
                     *         "jobId": "job-075de2b9-06db-4706-ada0-08cab735bee8",
                     *         "timestamp": 1772366400000,
                     *         "expiresAt": 1772370000000,
                     *         "nonce": "2d75468c85c1dff618e17333704c96aa1aed6780a98d7225ed95fba15f75c656"
                     *       },
                     *       "signature": "3sc35XSmHmZ1ks1tW7V7zPmmcuD2Vsw3Fajh1k29iRMEbkMoWvVPzupuGBcbFLn9VkyyoP8vrNvGQsFn6Nn1dLSm",
                     *       "publicKey": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9",
                     *       "job": {
                     *         "type": "custom",
                     *         "image": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                     *         "script": "sort /in/words.txt > /out/sorted.txt",
                     *         "inputs": [
                     *           {
                     *             "name": "words.txt",
                     *             "sha256": "5df6629deb82463b0e4395a9f5a878011156b5759f994a100c264a616a73e817",
                     *             "bytes": 11
                     *           }
                     *         ],
                     *         "limits": {
                     *           "cpuMillis": 1000,
                     *           "memoryMb": 256
                     *         },
                     *         "estimatedTime": 30,
                     *         "network": "none"
                     *       },
                     *       "reveal": {
                     *         "salt": "9f076b7eb7fdc0311cd3208cdbbebbf8014dd3a05e35191c96947b358a362b40",
                     *         "settleBy": 1772371215
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SubmitJobRequest"];
                };
            };
            responses: {
                /** @description Accepted */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "jobId": "job-075de2b9-06db-4706-ada0-08cab735bee8",
                         *       "state": "Submitted",
                         *       "status": "pending",
                         *       "links": {
                         *         "job": "/api/jobs/job-075de2b9-06db-4706-ada0-08cab735bee8",
                         *         "logs": "/api/jobs/job-075de2b9-06db-4706-ada0-08cab735bee8/logs",
                         *         "result": "/api/jobs/job-075de2b9-06db-4706-ada0-08cab735bee8/result",
                         *         "cancel": "/api/jobs/cancel/job-075de2b9-06db-4706-ada0-08cab735bee8"
                         *       }
                         *     }
                         */
                        "application/json": components["schemas"]["SubmitJobAnswer"];
                    };
                };
                /** @description Bad Request */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 400,
                         *       "detail": "/job: is required",
                         *       "errors": [
                         *         {
                         *           "pointer": "/job",
                         *           "code": "missing",
                         *           "detail": "is required"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:invalid-field",
                         *       "title": "Bad Request"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Payment Required */
                402: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 402,
                         *       "detail": "/signature: is not the client's over the intent's text",
                         *       "errors": [
                         *         {
                         *           "pointer": "/signature",
                         *           "code": "wrong-signature",
                         *           "detail": "is not the client's over the intent's text"
                         *         }
                         *       ],
                         *       "next": {
                         *         "action": "Ask the prepare route for an intent of this job, check it, sign its text (or its transaction) with the paying wallet, submit again.",
                         *         "prepare": "/api/facilitator/prepare-intent",
                         *         "network": "localnet",
                         *         "program": "2HRbXDoT3fpNhiFo8VxM7yeay29jBuxmLbzuq47Xbo43",
                         *         "mint": "FqUwnBMN1shpeqKVm7W5fN73tvrjVr19TQFFgkoFFzhq",
                         *         "signingText": "HYPERNODE Payment Intent\n\nIntent ID: c42150b3-93e4-8885-9f5f-e377d7af5e2a\nJob ID: job-3ef3bd3d-6658-40df-9fdd-7aa65e3d92bf\nAmount: 2.5 HYPER\nTimestamp: 2026-03-01T12:00:00.000Z\nExpires: 2026-03-01T13:00:00.000Z\nNonce: d5c251cabbab301624fb628e65180cf9d1f65777aa10f98585bc900d2ea58478\n\nBy signing this message, you authorize this payment.",
                         *         "nonce": "d5c251cabbab301624fb628e65180cf9d1f65777aa10f98585bc900d2ea58478"
                         *       },
                         *       "type": "urn:hypernode:problem:payment-required",
                         *       "title": "Payment Required"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["PaymentRequired"] | components["schemas"]["Problem"];
                    };
                };
                /** @description Conflict */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 409,
                         *       "detail": "this intent was submitted with another body",
                         *       "errors": [
                         *         {
                         *           "pointer": "/paymentIntent/intentId",
                         *           "code": "intent-used",
                         *           "detail": "this intent was submitted with another body"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:intent-used",
                         *       "title": "Conflict"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Payload Too Large */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 413,
                         *       "detail": "the body may have at most 16384 bytes",
                         *       "type": "urn:hypernode:problem:too-large",
                         *       "title": "Payload Too Large"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unsupported Media Type */
                415: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 415,
                         *       "detail": "send application/json in UTF-8",
                         *       "type": "urn:hypernode:problem:unsupported-media-type",
                         *       "title": "Unsupported Media Type"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Service Unavailable */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 503,
                         *       "detail": "the storage can't take this now (the disk is full); nothing was changed that a repeat would not find",
                         *       "type": "urn:hypernode:problem:storage-unavailable",
                         *       "title": "Service Unavailable"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/facilitator/register-node": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Registers a node, or changes its offer; signed by the node's key and its authority wallet. */
        post: {
            parameters: {
                query?: never;
                header?: {
                    /** @description 1 to 128 visible ASCII characters: for a day the same request gets the same answer */
                    "Idempotency-Key"?: string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "nodeId": "4f8fad5b-d9cb-469f-a165-70867728950e",
                     *       "nodeKey": "GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB",
                     *       "authority": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9",
                     *       "hostname": "gpu-1",
                     *       "offer": {
                     *         "slots": 2,
                     *         "cpuMillis": 4000,
                     *         "memoryMb": 16384,
                     *         "pricePerSecond": 1000,
                     *         "gpus": [
                     *           {
                     *             "uuid": "GPU-8a3b4f1e-52c7-4d0b-9a61-0f3e5d7c2b18",
                     *             "model": "RTX 4090",
                     *             "vramMb": 24576
                     *           }
                     *         ],
                     *         "images": [
                     *           "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
                     *         ],
                     *         "networkModes": [
                     *           "allowlist"
                     *         ]
                     *       },
                     *       "timestamp": 1772366400000,
                     *       "nodeSignature": "4SQ66PorbfRgupoq5GDqX4kEtJy4iEWRfDg9QCuRnw4mY9VyNcc1PmDhAMxL3DTm6CipwTP3PLcQqSa9BThaGkET",
                     *       "authoritySignature": "33U32CoAH4KG1nZWwkWWg3T7RinC7fFKXEG9oicBLfTmaaWcq1sFCdEKWpmPpEbSqquiLFwjzUYrJQdXcDUC6YyZ"
                     *     }
                     */
                    "application/json": components["schemas"]["RegisterNodeRequest"];
                };
            };
            responses: {
                /** @description Created */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "nodeId": "4f8fad5b-d9cb-469f-a165-70867728950e",
                         *       "nodeKey": "GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB",
                         *       "authority": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9",
                         *       "status": "active",
                         *       "slots": 2,
                         *       "busySlots": 0,
                         *       "cpuMillis": 4000,
                         *       "memoryMb": 16384,
                         *       "pricePerSecond": 1000,
                         *       "pricePerSecondHyper": "0.001",
                         *       "gpus": [
                         *         {
                         *           "model": "RTX 4090",
                         *           "vramMb": 24576
                         *         }
                         *       ],
                         *       "images": [
                         *         "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
                         *       ],
                         *       "jobsCompleted": 0,
                         *       "earned": 0,
                         *       "registeredAt": 1772366400000,
                         *       "broker": "amqps://broker.example/nodes",
                         *       "networkModes": [
                         *         "none",
                         *         "allowlist"
                         *       ]
                         *     }
                         */
                        "application/json": components["schemas"]["NodeAnswer"];
                    };
                };
                /** @description Bad Request */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 400,
                         *       "detail": ": the body must be a JSON object",
                         *       "errors": [
                         *         {
                         *           "pointer": "",
                         *           "code": "wrong-type",
                         *           "detail": "the body must be a JSON object"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:invalid-field",
                         *       "title": "Bad Request"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Forbidden */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 403,
                         *       "detail": "the registration is not signed by both of its keys",
                         *       "errors": [
                         *         {
                         *           "pointer": "/authoritySignature",
                         *           "code": "wrong-signature",
                         *           "detail": "is not the authority's over this registration on this network"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:wrong-signature",
                         *       "title": "Forbidden"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Conflict */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 409,
                         *       "detail": "this node id belongs to another key or wallet",
                         *       "errors": [
                         *         {
                         *           "pointer": "/nodeId",
                         *           "code": "node-taken",
                         *           "detail": "belongs to another key or wallet"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:node-taken",
                         *       "title": "Conflict"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Payload Too Large */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 413,
                         *       "detail": "the body may have at most 16384 bytes",
                         *       "type": "urn:hypernode:problem:too-large",
                         *       "title": "Payload Too Large"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unsupported Media Type */
                415: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 415,
                         *       "detail": "send application/json in UTF-8",
                         *       "type": "urn:hypernode:problem:unsupported-media-type",
                         *       "title": "Unsupported Media Type"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/facilitator/node/{nodeId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One node. */
        get: {
            parameters: {
                query?: never;
                header?: {
                    /** @description the ETag of an answer that you have: 304 while it is still the one */
                    "If-None-Match"?: string;
                };
                path: {
                    nodeId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "nodeId": "0f8fad5b-d9cb-469f-a165-70867728950e",
                         *       "nodeKey": "GyGKxMyg1p9SsHfm15MkNUu1u9TN2JtTspcdmrtGUdse",
                         *       "authority": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9",
                         *       "status": "active",
                         *       "slots": 2,
                         *       "busySlots": 1,
                         *       "cpuMillis": 4000,
                         *       "memoryMb": 16384,
                         *       "pricePerSecond": 1000,
                         *       "pricePerSecondHyper": "0.001",
                         *       "gpus": [
                         *         {
                         *           "model": "RTX 4090",
                         *           "vramMb": 24576
                         *         }
                         *       ],
                         *       "images": [
                         *         "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
                         *       ],
                         *       "jobsCompleted": 3,
                         *       "earned": 2700,
                         *       "registeredAt": 1772366400000,
                         *       "lastSeenAt": 1772366400000,
                         *       "broker": "amqps://broker.example/nodes",
                         *       "networkModes": [
                         *         "none",
                         *         "allowlist"
                         *       ]
                         *     }
                         */
                        "application/json": components["schemas"]["NodeAnswer"];
                    };
                };
                /** @description Not Modified */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Not Found */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 404,
                         *       "detail": "no such node",
                         *       "type": "urn:hypernode:problem:not-found",
                         *       "title": "Not Found"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/facilitator/complete-job": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** An attempt's receipt, signed with the node's key. 409: it is not the live lease of this node, or not signed by it. */
        post: {
            parameters: {
                query?: {
                    nodeId?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "receipt": {
                     *         "jobId": "job-075de2b9-06db-4706-ada0-08cab735bee8",
                     *         "intentId": "6a05210d-8e76-82ac-ab96-32190c5af81b",
                     *         "nodeId": "0f8fad5b-d9cb-469f-a165-70867728950e",
                     *         "attempt": 1,
                     *         "leaseEpoch": 1,
                     *         "specHash": "7e84f6ed4a5c91b87e21246f403fc22f31fdbd2afffd39e3f9171679c048577d",
                     *         "imageDigest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                     *         "inputRoot": "4ff5b3945b0224374446bb2f83b22c0ece35fa35978ba4dc86017d4f07e8f884",
                     *         "challenge": "2dd00bd77e0222ced882665481a9c1d9f907309d16e05ed007a1ea63928477a9",
                     *         "startedAt": 1000,
                     *         "endedAt": 3000,
                     *         "exitCode": 0,
                     *         "timedOut": false,
                     *         "outOfMemory": false,
                     *         "logRoot": "0000000000000000000000000000000000000000000000000000000000000000",
                     *         "logCount": 0,
                     *         "artifactRoot": "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945",
                     *         "artifacts": [],
                     *         "gpuUuids": [],
                     *         "gpuMilliseconds": 0,
                     *         "peakVramMb": 0,
                     *         "completionMarker": "6339676b083c5cee078478133bdf6e174a07862fa01b73427950250e15d1eea0",
                     *         "previousReceipt": "0000000000000000000000000000000000000000000000000000000000000000"
                     *       },
                     *       "signature": "59x3Ja9bND8McjDuGsheYzymggNJMVe84UYjdWrggq6jrMGhoyVRSxzKyjewWn2Mr89vQJXVw7ZDnq87nYPgPcKZ"
                     *     }
                     */
                    "application/json": components["schemas"]["CompleteJobRequest"];
                };
            };
            responses: {
                /** @description Accepted */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "jobId": "job-075de2b9-06db-4706-ada0-08cab735bee8",
                         *       "attempt": 1,
                         *       "receiptHash": "4ebe0368dda037a69d528839dcb7fdfa3a44e21fabd713d6d75f9fdb11e1759b"
                         *     }
                         */
                        "application/json": components["schemas"]["CompletedAnswer"];
                    };
                };
                /** @description Bad Request */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 400,
                         *       "detail": ": the body must be a JSON object",
                         *       "errors": [
                         *         {
                         *           "pointer": "",
                         *           "code": "wrong-type",
                         *           "detail": "the body must be a JSON object"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:invalid-field",
                         *       "title": "Bad Request"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unauthorized */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 401,
                         *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                         *       "type": "urn:hypernode:problem:sign-in-refused",
                         *       "title": "Unauthorized"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Forbidden */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 403,
                         *       "detail": "sign in with the key of a node that is registered and has not been banned",
                         *       "type": "urn:hypernode:problem:not-a-node",
                         *       "title": "Forbidden"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Conflict */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 409,
                         *       "detail": "this node does not hold this attempt any more, another receipt was first, or the signature is not its key's",
                         *       "type": "urn:hypernode:problem:not-taken",
                         *       "title": "Conflict"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Payload Too Large */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 413,
                         *       "detail": "the body may have at most 16384 bytes",
                         *       "type": "urn:hypernode:problem:too-large",
                         *       "title": "Payload Too Large"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unsupported Media Type */
                415: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 415,
                         *       "detail": "send application/json in UTF-8",
                         *       "type": "urn:hypernode:problem:unsupported-media-type",
                         *       "title": "Unsupported Media Type"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Service Unavailable */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 503,
                         *       "detail": "the storage can't take this now (the disk is full); nothing was changed that a repeat would not find",
                         *       "type": "urn:hypernode:problem:storage-unavailable",
                         *       "title": "Service Unavailable"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/facilitator/claim-rewards": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What the wallet's nodes have earned. It is the wallet's already: settlements pay directly, and nothing waits to be claimed. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "wallet": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9",
                         *       "claimable": 0,
                         *       "earned": 10800,
                         *       "earnedHyper": "0.0108",
                         *       "nodes": [
                         *         {
                         *           "nodeId": "3f8fad5b-d9cb-469f-a165-70867728950e",
                         *           "jobsCompleted": 3,
                         *           "earned": 2700
                         *         },
                         *         {
                         *           "nodeId": "0f8fad5b-d9cb-469f-a165-70867728950e",
                         *           "jobsCompleted": 3,
                         *           "earned": 2700
                         *         },
                         *         {
                         *           "nodeId": "1f8fad5b-d9cb-469f-a165-70867728950e",
                         *           "jobsCompleted": 3,
                         *           "earned": 2700
                         *         },
                         *         {
                         *           "nodeId": "2f8fad5b-d9cb-469f-a165-70867728950e",
                         *           "jobsCompleted": 3,
                         *           "earned": 2700
                         *         },
                         *         {
                         *           "nodeId": "4f8fad5b-d9cb-469f-a165-70867728950e",
                         *           "jobsCompleted": 0,
                         *           "earned": 0
                         *         }
                         *       ],
                         *       "explanation": "each settlement pays the node's share straight into its authority's token account: nothing is held back, and there is no transaction to sign. A stake is no reward: the node registry gives it back to its owner (request_unstake, then withdraw)."
                         *     }
                         */
                        "application/json": components["schemas"]["RewardsAnswer"];
                    };
                };
                /** @description Unauthorized */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 401,
                         *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                         *       "type": "urn:hypernode:problem:sign-in-refused",
                         *       "title": "Unauthorized"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/facilitator/payment-intent/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A payment intent, with what the chain says of it. */
        get: {
            parameters: {
                query?: never;
                header?: {
                    /** @description the ETag of an answer that you have: 304 while it is still the one */
                    "If-None-Match"?: string;
                };
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "intentId": "527bee9d-024b-8dd4-9f87-86531b5fadf3",
                         *       "jobId": "job-42f4aeb8-1c1e-481f-b71f-3de8abca9dcf",
                         *       "client": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9",
                         *       "amount": 2500000,
                         *       "amountHyper": "2.5",
                         *       "status": "completed",
                         *       "timestamp": 1772366400000,
                         *       "expiresAt": 1772370000000,
                         *       "settleBy": 1772371215,
                         *       "nonce": "52282213aa62655991131f8b432f13dccafda28d6e7721b4d483b8e596440bf1",
                         *       "onChain": {
                         *         "known": "none"
                         *       }
                         *     }
                         */
                        "application/json": components["schemas"]["PaymentIntentAnswer"];
                    };
                };
                /** @description Not Modified */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Not Found */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 404,
                         *       "detail": "no such payment intent",
                         *       "type": "urn:hypernode:problem:not-found",
                         *       "title": "Not Found"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/facilitator/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Intents by status, and the sums of what was charged and refunded. */
        get: {
            parameters: {
                query?: never;
                header?: {
                    /** @description the ETag of an answer that you have: 304 while it is still the one */
                    "If-None-Match"?: string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "deployment": {
                         *         "network": "localnet",
                         *         "cluster": "164cf1ca8391532e4f239c556c0c19589ae8877cb25ecfaf0b310c6c3713ba1f",
                         *         "program": "2HRbXDoT3fpNhiFo8VxM7yeay29jBuxmLbzuq47Xbo43",
                         *         "mint": "FqUwnBMN1shpeqKVm7W5fN73tvrjVr19TQFFgkoFFzhq"
                         *       },
                         *       "intents": 5,
                         *       "byStatus": {
                         *         "completed": 2,
                         *         "pending": 1,
                         *         "running": 1,
                         *         "refunded": 1
                         *       },
                         *       "charged": 2000,
                         *       "refunded": 4998000
                         *     }
                         */
                        "application/json": components["schemas"]["FacilitatorStats"];
                    };
                };
                /** @description Not Modified */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/facilitator/supported": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** x402: the kinds of payment that this facilitator settles. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "kinds": [
                         *         {
                         *           "x402Version": 2,
                         *           "scheme": "exact",
                         *           "network": "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
                         *           "extra": {
                         *             "feePayer": "GC41g4keQs9yKM8K18dwUXRWEGRPJyrUCxV3TMsc2asH"
                         *           }
                         *         },
                         *         {
                         *           "x402Version": 1,
                         *           "scheme": "exact",
                         *           "network": "solana-devnet",
                         *           "extra": {
                         *             "feePayer": "GC41g4keQs9yKM8K18dwUXRWEGRPJyrUCxV3TMsc2asH"
                         *           }
                         *         }
                         *       ],
                         *       "extensions": [],
                         *       "signers": {
                         *         "solana:*": [
                         *           "GC41g4keQs9yKM8K18dwUXRWEGRPJyrUCxV3TMsc2asH"
                         *         ]
                         *       }
                         *     }
                         */
                        "application/json": components["schemas"]["SupportedAnswer"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/facilitator/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** x402: whether a payment is good. Nothing is sent. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "x402Version": 2,
                     *       "paymentPayload": {
                     *         "x402Version": 2,
                     *         "accepted": {
                     *           "scheme": "exact",
                     *           "network": "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"
                     *         },
                     *         "payload": {
                     *           "transaction": "VHJhbnNmZXJUZXJtcyB7IE1pbnQgPSA0ek1NQzlzcnQ1Umk1WDE0R0FnWGhhSGlpM0duUEFFRVJZUEpnWkpEbmNEVSwgUGF5VG8gPSA5aFNSNlM3V1B0eG1Ub2pnbzZHRzNrNHlEUGVjZ0pZMjkyajd4cnNVR1dCdSwgQW1vdW50ID0gMC4wMDEsIE1lbW8gPSAgfQ=="
                     *         }
                     *       },
                     *       "paymentRequirements": {
                     *         "scheme": "exact",
                     *         "network": "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
                     *         "amount": "1000",
                     *         "asset": "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU",
                     *         "payTo": "9hSR6S7WPtxmTojgo6GG3k4yDPecgJY292j7xrsUGWBu",
                     *         "extra": {
                     *           "feePayer": "GC41g4keQs9yKM8K18dwUXRWEGRPJyrUCxV3TMsc2asH"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["FacilitatorRequest"];
                };
            };
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "isValid": true,
                         *       "payer": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9"
                         *     }
                         */
                        "application/json": components["schemas"]["PaymentVerifyAnswer"];
                    };
                };
                /** @description Bad Request */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 400,
                         *       "detail": ": the body must be a JSON object",
                         *       "errors": [
                         *         {
                         *           "pointer": "",
                         *           "code": "wrong-type",
                         *           "detail": "the body must be a JSON object"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:invalid-field",
                         *       "title": "Bad Request"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Payload Too Large */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 413,
                         *       "detail": "the body may have at most 16384 bytes",
                         *       "type": "urn:hypernode:problem:too-large",
                         *       "title": "Payload Too Large"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unsupported Media Type */
                415: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 415,
                         *       "detail": "send application/json in UTF-8",
                         *       "type": "urn:hypernode:problem:unsupported-media-type",
                         *       "title": "Unsupported Media Type"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Service Unavailable */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 503,
                         *       "detail": "the chain can't be asked now: ask again",
                         *       "type": "urn:hypernode:problem:chain-unavailable",
                         *       "title": "Service Unavailable"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/facilitator/settle": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** x402: settles a payment to one of the wallets that this facilitator serves, once. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "x402Version": 2,
                     *       "paymentPayload": {
                     *         "x402Version": 2,
                     *         "accepted": {
                     *           "scheme": "exact",
                     *           "network": "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"
                     *         },
                     *         "payload": {
                     *           "transaction": "VHJhbnNmZXJUZXJtcyB7IE1pbnQgPSA0ek1NQzlzcnQ1Umk1WDE0R0FnWGhhSGlpM0duUEFFRVJZUEpnWkpEbmNEVSwgUGF5VG8gPSA5aFNSNlM3V1B0eG1Ub2pnbzZHRzNrNHlEUGVjZ0pZMjkyajd4cnNVR1dCdSwgQW1vdW50ID0gMC4wMDEsIE1lbW8gPSAgfQ=="
                     *         }
                     *       },
                     *       "paymentRequirements": {
                     *         "scheme": "exact",
                     *         "network": "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
                     *         "amount": "1000",
                     *         "asset": "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU",
                     *         "payTo": "9hSR6S7WPtxmTojgo6GG3k4yDPecgJY292j7xrsUGWBu",
                     *         "extra": {
                     *           "feePayer": "GC41g4keQs9yKM8K18dwUXRWEGRPJyrUCxV3TMsc2asH"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["FacilitatorRequest"];
                };
            };
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "success": true,
                         *       "transaction": "transfer-id",
                         *       "network": "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
                         *       "payer": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9"
                         *     }
                         */
                        "application/json": components["schemas"]["SettlementAnswer"];
                    };
                };
                /** @description Bad Request */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 400,
                         *       "detail": ": the body must be a JSON object",
                         *       "errors": [
                         *         {
                         *           "pointer": "",
                         *           "code": "wrong-type",
                         *           "detail": "the body must be a JSON object"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:invalid-field",
                         *       "title": "Bad Request"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Payload Too Large */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 413,
                         *       "detail": "the body may have at most 16384 bytes",
                         *       "type": "urn:hypernode:problem:too-large",
                         *       "title": "Payload Too Large"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unsupported Media Type */
                415: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 415,
                         *       "detail": "send application/json in UTF-8",
                         *       "type": "urn:hypernode:problem:unsupported-media-type",
                         *       "title": "Unsupported Media Type"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Service Unavailable */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 503,
                         *       "detail": "the chain can't be asked now: ask again",
                         *       "type": "urn:hypernode:problem:chain-unavailable",
                         *       "title": "Service Unavailable"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The wallet's jobs, newest first: ?limit=, ?cursor=, ?status=pending|running|completed|failed|refunded. */
        get: {
            parameters: {
                query?: {
                    limit?: string;
                    cursor?: string;
                    status?: string;
                };
                header?: {
                    /** @description the ETag of an answer that you have: 304 while it is still the one */
                    "If-None-Match"?: string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "items": [
                         *         {
                         *           "jobId": "job-42f4aeb8-1c1e-481f-b71f-3de8abca9dcf",
                         *           "state": "Paid",
                         *           "status": "completed",
                         *           "outcome": "Succeeded",
                         *           "type": "custom",
                         *           "attempt": 1,
                         *           "nodeId": "0f8fad5b-d9cb-469f-a165-70867728950e",
                         *           "amount": 2500000,
                         *           "charge": 1000,
                         *           "refund": 2499000,
                         *           "createdAt": 1772366400000,
                         *           "completedAt": 1772366400000,
                         *           "links": {
                         *             "job": "/api/jobs/job-42f4aeb8-1c1e-481f-b71f-3de8abca9dcf",
                         *             "logs": "/api/jobs/job-42f4aeb8-1c1e-481f-b71f-3de8abca9dcf/logs",
                         *             "result": "/api/jobs/job-42f4aeb8-1c1e-481f-b71f-3de8abca9dcf/result",
                         *             "cancel": "/api/jobs/cancel/job-42f4aeb8-1c1e-481f-b71f-3de8abca9dcf"
                         *           }
                         *         },
                         *         {
                         *           "jobId": "job-3ef3bd3d-6658-40df-9fdd-7aa65e3d92bf",
                         *           "state": "Submitted",
                         *           "status": "pending",
                         *           "type": "custom",
                         *           "attempt": 0,
                         *           "amount": 2500000,
                         *           "charge": 0,
                         *           "refund": 0,
                         *           "createdAt": 1772366400000,
                         *           "links": {
                         *             "job": "/api/jobs/job-3ef3bd3d-6658-40df-9fdd-7aa65e3d92bf",
                         *             "logs": "/api/jobs/job-3ef3bd3d-6658-40df-9fdd-7aa65e3d92bf/logs",
                         *             "result": "/api/jobs/job-3ef3bd3d-6658-40df-9fdd-7aa65e3d92bf/result",
                         *             "cancel": "/api/jobs/cancel/job-3ef3bd3d-6658-40df-9fdd-7aa65e3d92bf"
                         *           }
                         *         },
                         *         {
                         *           "jobId": "job-097328e8-c957-4e24-a828-3954f6a1ee8f",
                         *           "state": "Refunded",
                         *           "status": "refunded",
                         *           "outcome": "no-node",
                         *           "type": "custom",
                         *           "attempt": 0,
                         *           "amount": 2500000,
                         *           "charge": 0,
                         *           "refund": 0,
                         *           "createdAt": 1772366400000,
                         *           "completedAt": 1772366400000,
                         *           "links": {
                         *             "job": "/api/jobs/job-097328e8-c957-4e24-a828-3954f6a1ee8f",
                         *             "logs": "/api/jobs/job-097328e8-c957-4e24-a828-3954f6a1ee8f/logs",
                         *             "result": "/api/jobs/job-097328e8-c957-4e24-a828-3954f6a1ee8f/result",
                         *             "cancel": "/api/jobs/cancel/job-097328e8-c957-4e24-a828-3954f6a1ee8f"
                         *           }
                         *         },
                         *         {
                         *           "jobId": "job-075de2b9-06db-4706-ada0-08cab735bee8",
                         *           "state": "Executing",
                         *           "status": "running",
                         *           "type": "custom",
                         *           "attempt": 1,
                         *           "nodeId": "0f8fad5b-d9cb-469f-a165-70867728950e",
                         *           "amount": 2500000,
                         *           "charge": 0,
                         *           "refund": 0,
                         *           "createdAt": 1772366400000,
                         *           "links": {
                         *             "job": "/api/jobs/job-075de2b9-06db-4706-ada0-08cab735bee8",
                         *             "logs": "/api/jobs/job-075de2b9-06db-4706-ada0-08cab735bee8/logs",
                         *             "result": "/api/jobs/job-075de2b9-06db-4706-ada0-08cab735bee8/result",
                         *             "cancel": "/api/jobs/cancel/job-075de2b9-06db-4706-ada0-08cab735bee8"
                         *           }
                         *         },
                         *         {
                         *           "jobId": "job-01b4f6bd-5d6a-46a7-b74a-8565ceb4f845",
                         *           "state": "Paid",
                         *           "status": "completed",
                         *           "outcome": "Succeeded",
                         *           "type": "custom",
                         *           "attempt": 1,
                         *           "nodeId": "0f8fad5b-d9cb-469f-a165-70867728950e",
                         *           "amount": 2500000,
                         *           "charge": 1000,
                         *           "refund": 2499000,
                         *           "createdAt": 1772366400000,
                         *           "completedAt": 1772366400000,
                         *           "links": {
                         *             "job": "/api/jobs/job-01b4f6bd-5d6a-46a7-b74a-8565ceb4f845",
                         *             "logs": "/api/jobs/job-01b4f6bd-5d6a-46a7-b74a-8565ceb4f845/logs",
                         *             "result": "/api/jobs/job-01b4f6bd-5d6a-46a7-b74a-8565ceb4f845/result",
                         *             "cancel": "/api/jobs/cancel/job-01b4f6bd-5d6a-46a7-b74a-8565ceb4f845"
                         *           }
                         *         }
                         *       ]
                         *     }
                         */
                        "application/json": components["schemas"]["JobPage"];
                    };
                };
                /** @description Not Modified */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Bad Request */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 400,
                         *       "detail": "?limit: must be from 1 to 200",
                         *       "errors": [
                         *         {
                         *           "pointer": "?limit",
                         *           "code": "out-of-range",
                         *           "detail": "must be from 1 to 200"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:invalid-field",
                         *       "title": "Bad Request"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unauthorized */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 401,
                         *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                         *       "type": "urn:hypernode:problem:sign-in-refused",
                         *       "title": "Unauthorized"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/jobs/{jobId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A job: its states with times and causes, its payment, its transactions. */
        get: {
            parameters: {
                query?: never;
                header?: {
                    /** @description the ETag of an answer that you have: 304 while it is still the one */
                    "If-None-Match"?: string;
                };
                path: {
                    jobId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "jobId": "job-42f4aeb8-1c1e-481f-b71f-3de8abca9dcf",
                         *       "owner": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9",
                         *       "state": "Paid",
                         *       "status": "completed",
                         *       "outcome": "Succeeded",
                         *       "type": "custom",
                         *       "image": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                         *       "specHash": "7e84f6ed4a5c91b87e21246f403fc22f31fdbd2afffd39e3f9171679c048577d",
                         *       "attempt": 1,
                         *       "nodeId": "0f8fad5b-d9cb-469f-a165-70867728950e",
                         *       "amount": 2500000,
                         *       "charge": 1000,
                         *       "nodeShare": 900,
                         *       "protocolFee": 60,
                         *       "platformFee": 40,
                         *       "refund": 2499000,
                         *       "hyper": {
                         *         "amount": "2.5",
                         *         "charge": "0.001",
                         *         "nodeShare": "0.0009",
                         *         "protocolFee": "0.00006",
                         *         "platformFee": "0.00004",
                         *         "refund": "2.499"
                         *       },
                         *       "intentId": "527bee9d-024b-8dd4-9f87-86531b5fadf3",
                         *       "nonce": "52282213aa62655991131f8b432f13dccafda28d6e7721b4d483b8e596440bf1",
                         *       "expiresAt": 1772370000000,
                         *       "settleBy": 1772371215,
                         *       "escrowAddress": "9hSR6S7WPtxmTojgo6GG3k4yDPecgJY292j7xrsUGWBu",
                         *       "signatures": [
                         *         "3wB5LUvLvSUrVHikDdZDQJzxEwJDSNjG3rGBjZxLRMxJdb4bhdji6pQqoP2adTfqVj8bFMTbzCksqrzFhTCKtR1h",
                         *         "q4JqngkbxoP41uZfNCkodZ6aCt2vMdhDBGyWbsKkaKCkhZ5arHff7Dggk9Be4pUcDjpsm2XWUb4Lz5WnMCSATcZ"
                         *       ],
                         *       "transitions": [
                         *         {
                         *           "state": "Submitted",
                         *           "at": 1772366400000,
                         *           "cause": "Submitted",
                         *           "attempt": 0
                         *         },
                         *         {
                         *           "state": "Paid",
                         *           "at": 1772366401000,
                         *           "cause": "Test",
                         *           "attempt": 1
                         *         }
                         *       ],
                         *       "createdAt": 1772366400000,
                         *       "completedAt": 1772366400000,
                         *       "links": {
                         *         "job": "/api/jobs/job-42f4aeb8-1c1e-481f-b71f-3de8abca9dcf",
                         *         "logs": "/api/jobs/job-42f4aeb8-1c1e-481f-b71f-3de8abca9dcf/logs",
                         *         "result": "/api/jobs/job-42f4aeb8-1c1e-481f-b71f-3de8abca9dcf/result",
                         *         "cancel": "/api/jobs/cancel/job-42f4aeb8-1c1e-481f-b71f-3de8abca9dcf"
                         *       }
                         *     }
                         */
                        "application/json": components["schemas"]["JobAnswer"];
                    };
                };
                /** @description Not Modified */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Unauthorized */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 401,
                         *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                         *       "type": "urn:hypernode:problem:sign-in-refused",
                         *       "title": "Unauthorized"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Not Found */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 404,
                         *       "detail": "no such job",
                         *       "type": "urn:hypernode:problem:not-found",
                         *       "title": "Not Found"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/jobs/cancel/{jobId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks for the job's end: before assignment it is refunded in full, while it runs it is charged as metered. */
        post: {
            parameters: {
                query?: never;
                header?: {
                    /** @description 1 to 128 visible ASCII characters: for a day the same request gets the same answer */
                    "Idempotency-Key"?: string;
                };
                path: {
                    jobId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Accepted */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "jobId": "job-075de2b9-06db-4706-ada0-08cab735bee8",
                         *       "state": "Executing",
                         *       "status": "running",
                         *       "links": {
                         *         "job": "/api/jobs/job-075de2b9-06db-4706-ada0-08cab735bee8",
                         *         "logs": "/api/jobs/job-075de2b9-06db-4706-ada0-08cab735bee8/logs",
                         *         "result": "/api/jobs/job-075de2b9-06db-4706-ada0-08cab735bee8/result",
                         *         "cancel": "/api/jobs/cancel/job-075de2b9-06db-4706-ada0-08cab735bee8"
                         *       }
                         *     }
                         */
                        "application/json": components["schemas"]["SubmitJobAnswer"];
                    };
                };
                /** @description Bad Request */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 400,
                         *       "detail": "Idempotency-Key: must be 1 to 128 visible ASCII characters, once",
                         *       "errors": [
                         *         {
                         *           "pointer": "Idempotency-Key",
                         *           "code": "malformed",
                         *           "detail": "must be 1 to 128 visible ASCII characters, once"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:invalid-field",
                         *       "title": "Bad Request"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unauthorized */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 401,
                         *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                         *       "type": "urn:hypernode:problem:sign-in-refused",
                         *       "title": "Unauthorized"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Not Found */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 404,
                         *       "detail": "no such job",
                         *       "type": "urn:hypernode:problem:not-found",
                         *       "title": "Not Found"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Conflict */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 409,
                         *       "detail": "the job is Paid: it can't be cancelled any more",
                         *       "type": "urn:hypernode:problem:too-late",
                         *       "title": "Conflict"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Payload Too Large */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 413,
                         *       "detail": "the body may have at most 16384 bytes",
                         *       "type": "urn:hypernode:problem:too-large",
                         *       "title": "Payload Too Large"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Service Unavailable */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 503,
                         *       "detail": "the storage can't take this now (the disk is full); nothing was changed that a repeat would not find",
                         *       "type": "urn:hypernode:problem:storage-unavailable",
                         *       "title": "Service Unavailable"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/jobs/{jobId}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Log chunks after ?cursor=; Accept: text/plain for the output alone, text/event-stream to follow (resumes at Last-Event-ID). */
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                };
                header?: {
                    /** @description where to resume: the id of the last log event that came */
                    "Last-Event-ID"?: string;
                };
                path: {
                    jobId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "items": [
                         *         {
                         *           "attempt": 1,
                         *           "seq": 0,
                         *           "stream": "stdout",
                         *           "at": 1,
                         *           "receivedAt": 1772366400000,
                         *           "text": "sorting\n",
                         *           "data": "c29ydGluZwo=",
                         *           "hash": "bf4fcf3c10f8c6ee2932c9553c72985eaec04d0c2f91181e5f8004e0ac6d9793"
                         *         }
                         *       ],
                         *       "next": "1.0",
                         *       "complete": false
                         *     }
                         */
                        "application/json": components["schemas"]["LogPage"];
                        "text/plain": string;
                        "text/event-stream": string;
                    };
                };
                /** @description Bad Request */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 400,
                         *       "detail": "?cursor: must be an attempt, a dot and a number, as it was given",
                         *       "errors": [
                         *         {
                         *           "pointer": "?cursor",
                         *           "code": "malformed",
                         *           "detail": "must be an attempt, a dot and a number, as it was given"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:invalid-field",
                         *       "title": "Bad Request"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unauthorized */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 401,
                         *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                         *       "type": "urn:hypernode:problem:sign-in-refused",
                         *       "title": "Unauthorized"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Not Found */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 404,
                         *       "detail": "no such job",
                         *       "type": "urn:hypernode:problem:not-found",
                         *       "title": "Not Found"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/jobs/{jobId}/result": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The result file; ?name= where there are several, ?list=true for their names and hashes. */
        get: {
            parameters: {
                query?: {
                    name?: string;
                    list?: boolean;
                };
                header?: {
                    /** @description bytes=FROM-TO: a part of the file */
                    Range?: string;
                    /** @description the file's ETag: 304 when you have it */
                    "If-None-Match"?: string;
                    /** @description the file's ETag: 412 when it is another file */
                    "If-Match"?: string;
                };
                path: {
                    jobId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "items": [
                         *         {
                         *           "name": "a.txt",
                         *           "sha256": "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed",
                         *           "bytes": 3
                         *         },
                         *         {
                         *           "name": "b.txt",
                         *           "sha256": "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3",
                         *           "bytes": 3
                         *         }
                         *       ],
                         *       "receiptHash": "bbefaa1109d94faa58b8179a893e99428ca12f8847bf430503f6caadcfb41aaf",
                         *       "exitCode": 0
                         *     }
                         */
                        "application/json": components["schemas"]["ResultList"];
                        "application/octet-stream": unknown;
                    };
                };
                /** @description Partial Content */
                206: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/octet-stream": unknown;
                    };
                };
                /** @description Not Modified */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Bad Request */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 400,
                         *       "detail": "the request was refused",
                         *       "type": "urn:hypernode:problem:refused",
                         *       "title": "Bad Request"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unauthorized */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 401,
                         *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                         *       "type": "urn:hypernode:problem:sign-in-refused",
                         *       "title": "Unauthorized"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Not Found */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 404,
                         *       "detail": "no such job",
                         *       "type": "urn:hypernode:problem:not-found",
                         *       "title": "Not Found"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Conflict */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 409,
                         *       "detail": "the job is Executing",
                         *       "type": "urn:hypernode:problem:not-finished",
                         *       "title": "Conflict"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Precondition Failed */
                412: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 412,
                         *       "detail": "the file is not the one that If-Match or If-Unmodified-Since names",
                         *       "type": "urn:hypernode:problem:another-file",
                         *       "title": "Precondition Failed"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Range Not Satisfiable */
                416: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 416,
                         *       "detail": "the file has no such bytes",
                         *       "type": "urn:hypernode:problem:range-not-satisfiable",
                         *       "title": "Range Not Satisfiable"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/jobs/{jobId}/receipt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The last attempt's receipt with the node's signature and key, whether it was paid or not: hn receipt verify FILE checks it offline. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    jobId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "receipt": {
                         *         "jobId": "job-42f4aeb8-1c1e-481f-b71f-3de8abca9dcf",
                         *         "intentId": "527bee9d-024b-8dd4-9f87-86531b5fadf3",
                         *         "nodeId": "0f8fad5b-d9cb-469f-a165-70867728950e",
                         *         "attempt": 1,
                         *         "leaseEpoch": 1,
                         *         "specHash": "7e84f6ed4a5c91b87e21246f403fc22f31fdbd2afffd39e3f9171679c048577d",
                         *         "imageDigest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                         *         "inputRoot": "4ff5b3945b0224374446bb2f83b22c0ece35fa35978ba4dc86017d4f07e8f884",
                         *         "challenge": "2dd00bd77e0222ced882665481a9c1d9f907309d16e05ed007a1ea63928477a9",
                         *         "startedAt": 1000,
                         *         "endedAt": 3000,
                         *         "exitCode": 0,
                         *         "timedOut": false,
                         *         "outOfMemory": false,
                         *         "logRoot": "0000000000000000000000000000000000000000000000000000000000000000",
                         *         "logCount": 0,
                         *         "artifactRoot": "084347ca735f43ed9d6474879895d48ce4087ed97d93ceacfe321f0f14f2a757",
                         *         "artifacts": [
                         *           {
                         *             "name": "sorted.txt",
                         *             "sha256": "9ff482bbad59dc6d2dda31549c8431f4cfd280a2e6b52f4b0f761b5961593322",
                         *             "bytes": 11
                         *           }
                         *         ],
                         *         "gpuUuids": [],
                         *         "gpuMilliseconds": 0,
                         *         "peakVramMb": 0,
                         *         "completionMarker": "1d4018d69706a731e70269e75f42bc9ea6210e16a9ab0f4fb308c0e4f1c387f7",
                         *         "previousReceipt": "0000000000000000000000000000000000000000000000000000000000000000"
                         *       },
                         *       "signature": "2uwdKcnMNLK6K7ZviLyRnmdwjoQcZzJhKnfs44kpg76BP5M8J5mrDMFPcqgWi8jH1Xw5twRYbzxAPDAWHKTULQ76",
                         *       "nodeKey": "GyGKxMyg1p9SsHfm15MkNUu1u9TN2JtTspcdmrtGUdse",
                         *       "hash": "b59ae510d15b7af25293194994f04609ba7b5fdb900697da37b1810fd47f3ec5",
                         *       "receivedAt": 1772366400000
                         *     }
                         */
                        "application/json": components["schemas"]["SignedReceipt"];
                    };
                };
                /** @description Unauthorized */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 401,
                         *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                         *       "type": "urn:hypernode:problem:sign-in-refused",
                         *       "title": "Unauthorized"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Not Found */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 404,
                         *       "detail": "no such job",
                         *       "type": "urn:hypernode:problem:not-found",
                         *       "title": "Not Found"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Conflict */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 409,
                         *       "detail": "the job is Executing",
                         *       "type": "urn:hypernode:problem:not-finished",
                         *       "title": "Conflict"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/jobs/{jobId}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Each decision of a job's life with its cause and its evidence, what it waits for now, and what happens when nothing comes. */
        get: {
            parameters: {
                query?: never;
                header?: {
                    /** @description the ETag of an answer that you have: 304 while it is still the one */
                    "If-None-Match"?: string;
                };
                path: {
                    jobId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "jobId": "job-42f4aeb8-1c1e-481f-b71f-3de8abca9dcf",
                         *       "state": "Paid",
                         *       "status": "completed",
                         *       "outcome": "Succeeded",
                         *       "attempt": 1,
                         *       "maxAttempts": 3,
                         *       "cancelling": false,
                         *       "waitingFor": {
                         *         "code": "ended-paid",
                         *         "text": "it has ended and is paid: Succeeded"
                         *       },
                         *       "deadlines": [],
                         *       "decisions": [
                         *         {
                         *           "state": "Submitted",
                         *           "code": "Submitted",
                         *           "text": "it was submitted with a signed intent",
                         *           "attempt": 0,
                         *           "at": 1772366400000
                         *         },
                         *         {
                         *           "state": "Paid",
                         *           "code": "Test",
                         *           "text": "Test",
                         *           "attempt": 1,
                         *           "at": 1772366401000
                         *         }
                         *       ],
                         *       "attempts": [],
                         *       "transactions": [
                         *         "3wB5LUvLvSUrVHikDdZDQJzxEwJDSNjG3rGBjZxLRMxJdb4bhdji6pQqoP2adTfqVj8bFMTbzCksqrzFhTCKtR1h",
                         *         "q4JqngkbxoP41uZfNCkodZ6aCt2vMdhDBGyWbsKkaKCkhZ5arHff7Dggk9Be4pUcDjpsm2XWUb4Lz5WnMCSATcZ"
                         *       ]
                         *     }
                         */
                        "application/json": components["schemas"]["JobExplanation"];
                    };
                };
                /** @description Not Modified */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Unauthorized */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 401,
                         *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                         *       "type": "urn:hypernode:problem:sign-in-refused",
                         *       "title": "Unauthorized"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Not Found */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 404,
                         *       "detail": "no such job",
                         *       "type": "urn:hypernode:problem:not-found",
                         *       "title": "Not Found"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/nodes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Nodes, page by page: ?limit=, ?cursor=; ?status= (active unless it is said, or all), ?sort=id|price (the cheapest first). */
        get: {
            parameters: {
                query?: {
                    status?: string;
                    sort?: string;
                    limit?: string;
                    cursor?: string;
                };
                header?: {
                    /** @description the ETag of an answer that you have: 304 while it is still the one */
                    "If-None-Match"?: string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "items": [
                         *         {
                         *           "nodeId": "0f8fad5b-d9cb-469f-a165-70867728950e",
                         *           "nodeKey": "GyGKxMyg1p9SsHfm15MkNUu1u9TN2JtTspcdmrtGUdse",
                         *           "authority": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9",
                         *           "status": "active",
                         *           "slots": 2,
                         *           "busySlots": 1,
                         *           "cpuMillis": 4000,
                         *           "memoryMb": 16384,
                         *           "pricePerSecond": 1000,
                         *           "pricePerSecondHyper": "0.001",
                         *           "gpus": [
                         *             {
                         *               "model": "RTX 4090",
                         *               "vramMb": 24576
                         *             }
                         *           ],
                         *           "images": [
                         *             "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
                         *           ],
                         *           "jobsCompleted": 3,
                         *           "earned": 2700,
                         *           "registeredAt": 1772366400000,
                         *           "lastSeenAt": 1772366400000,
                         *           "networkModes": [
                         *             "none",
                         *             "allowlist"
                         *           ]
                         *         },
                         *         {
                         *           "nodeId": "2f8fad5b-d9cb-469f-a165-70867728950e",
                         *           "nodeKey": "AKkzLhjhyFtM9j7WAhbaqYpFe49cXeJBg2kzLRC2PnNa",
                         *           "authority": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9",
                         *           "status": "active",
                         *           "slots": 2,
                         *           "busySlots": 1,
                         *           "cpuMillis": 4000,
                         *           "memoryMb": 16384,
                         *           "pricePerSecond": 1000,
                         *           "pricePerSecondHyper": "0.001",
                         *           "gpus": [
                         *             {
                         *               "model": "RTX 4090",
                         *               "vramMb": 24576
                         *             }
                         *           ],
                         *           "images": [
                         *             "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
                         *           ],
                         *           "jobsCompleted": 3,
                         *           "earned": 2700,
                         *           "registeredAt": 1772366400000,
                         *           "lastSeenAt": 1772366400000,
                         *           "networkModes": [
                         *             "none",
                         *             "allowlist"
                         *           ]
                         *         },
                         *         {
                         *           "nodeId": "3f8fad5b-d9cb-469f-a165-70867728950e",
                         *           "nodeKey": "AKkzLhjhyFtM9j7WAhbaqYpFe49cXeJBg2kzLRC2PnNa",
                         *           "authority": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9",
                         *           "status": "active",
                         *           "slots": 2,
                         *           "busySlots": 1,
                         *           "cpuMillis": 4000,
                         *           "memoryMb": 16384,
                         *           "pricePerSecond": 1000,
                         *           "pricePerSecondHyper": "0.001",
                         *           "gpus": [
                         *             {
                         *               "model": "RTX 4090",
                         *               "vramMb": 24576
                         *             }
                         *           ],
                         *           "images": [
                         *             "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
                         *           ],
                         *           "jobsCompleted": 3,
                         *           "earned": 2700,
                         *           "registeredAt": 1772366400000,
                         *           "lastSeenAt": 1772366400000,
                         *           "networkModes": [
                         *             "none",
                         *             "allowlist"
                         *           ]
                         *         },
                         *         {
                         *           "nodeId": "4f8fad5b-d9cb-469f-a165-70867728950e",
                         *           "nodeKey": "GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB",
                         *           "authority": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9",
                         *           "status": "active",
                         *           "slots": 2,
                         *           "busySlots": 0,
                         *           "cpuMillis": 4000,
                         *           "memoryMb": 16384,
                         *           "pricePerSecond": 1000,
                         *           "pricePerSecondHyper": "0.001",
                         *           "gpus": [
                         *             {
                         *               "model": "RTX 4090",
                         *               "vramMb": 24576
                         *             }
                         *           ],
                         *           "images": [
                         *             "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
                         *           ],
                         *           "jobsCompleted": 0,
                         *           "earned": 0,
                         *           "registeredAt": 1772366400000,
                         *           "networkModes": [
                         *             "none",
                         *             "allowlist"
                         *           ]
                         *         }
                         *       ]
                         *     }
                         */
                        "application/json": components["schemas"]["NodeList"];
                    };
                };
                /** @description Not Modified */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Bad Request */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 400,
                         *       "detail": "?status: must be all or one of active, draining, offline, jailed, slashed, retired",
                         *       "errors": [
                         *         {
                         *           "pointer": "?status",
                         *           "code": "unknown-value",
                         *           "detail": "must be all or one of active, draining, offline, jailed, slashed, retired"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:invalid-field",
                         *       "title": "Bad Request"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/nodes/{nodeId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One node. */
        get: {
            parameters: {
                query?: never;
                header?: {
                    /** @description the ETag of an answer that you have: 304 while it is still the one */
                    "If-None-Match"?: string;
                };
                path: {
                    nodeId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "nodeId": "0f8fad5b-d9cb-469f-a165-70867728950e",
                         *       "nodeKey": "GyGKxMyg1p9SsHfm15MkNUu1u9TN2JtTspcdmrtGUdse",
                         *       "authority": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9",
                         *       "status": "active",
                         *       "slots": 2,
                         *       "busySlots": 1,
                         *       "cpuMillis": 4000,
                         *       "memoryMb": 16384,
                         *       "pricePerSecond": 1000,
                         *       "pricePerSecondHyper": "0.001",
                         *       "gpus": [
                         *         {
                         *           "model": "RTX 4090",
                         *           "vramMb": 24576
                         *         }
                         *       ],
                         *       "images": [
                         *         "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
                         *       ],
                         *       "jobsCompleted": 3,
                         *       "earned": 2700,
                         *       "registeredAt": 1772366400000,
                         *       "lastSeenAt": 1772366400000,
                         *       "broker": "amqps://broker.example/nodes",
                         *       "networkModes": [
                         *         "none",
                         *         "allowlist"
                         *       ]
                         *     }
                         */
                        "application/json": components["schemas"]["NodeAnswer"];
                    };
                };
                /** @description Not Modified */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Not Found */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 404,
                         *       "detail": "no such node",
                         *       "type": "urn:hypernode:problem:not-found",
                         *       "title": "Not Found"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/nodes/{nodeId}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Why a node gets jobs or none: its status, its slots, and its offer held against what waits. */
        get: {
            parameters: {
                query?: never;
                header?: {
                    /** @description the ETag of an answer that you have: 304 while it is still the one */
                    "If-None-Match"?: string;
                };
                path: {
                    nodeId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "nodeId": "0f8fad5b-d9cb-469f-a165-70867728950e",
                         *       "status": "active",
                         *       "reason": {
                         *         "code": "nothing-waits",
                         *         "text": "no job waits for a node: the next that fits comes here"
                         *       },
                         *       "lastSeenAt": 1772366400000,
                         *       "slots": 2,
                         *       "busySlots": 1,
                         *       "cheaperFreeNodes": 0,
                         *       "leases": [
                         *         {
                         *           "jobId": "job-075de2b9-06db-4706-ada0-08cab735bee8",
                         *           "attempt": 1,
                         *           "slot": 0,
                         *           "takenAt": 1772366400000,
                         *           "lastBeatAt": 1772366400000
                         *         }
                         *       ],
                         *       "waiting": {
                         *         "jobs": 0,
                         *         "more": false,
                         *         "fitting": 0,
                         *         "text": "no nodes",
                         *         "reasons": []
                         *       }
                         *     }
                         */
                        "application/json": components["schemas"]["NodeExplanation"];
                    };
                };
                /** @description Not Modified */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Unauthorized */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 401,
                         *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                         *       "type": "urn:hypernode:problem:sign-in-refused",
                         *       "title": "Unauthorized"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Forbidden */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 403,
                         *       "detail": "this is for its owner",
                         *       "type": "urn:hypernode:problem:not-yours",
                         *       "title": "Forbidden"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Not Found */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 404,
                         *       "detail": "no such node",
                         *       "type": "urn:hypernode:problem:not-found",
                         *       "title": "Not Found"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/nodes/poll-job": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The node's next command, as soon as there is one (?wait= seconds, at most 30); 204: none came. It comes again until it is confirmed. */
        get: {
            parameters: {
                query?: {
                    wait?: string;
                    nodeId?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "ack": "ack-1",
                         *       "command": {
                         *         "kind": "execute",
                         *         "jobId": "job-075de2b9-06db-4706-ada0-08cab735bee8",
                         *         "intentId": "6a05210d-8e76-82ac-ab96-32190c5af81b",
                         *         "nodeId": "0f8fad5b-d9cb-469f-a165-70867728950e",
                         *         "attempt": 1,
                         *         "leaseEpoch": 1,
                         *         "slot": 0,
                         *         "spec": {
                         *           "type": "Custom",
                         *           "image": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                         *           "limits": {
                         *             "cpuMillis": 1000,
                         *             "memoryMb": 256,
                         *             "gpus": 0,
                         *             "gpuVramMb": 0,
                         *             "outputMb": 64
                         *           },
                         *           "estimatedTime": 30,
                         *           "script": "sort /in/words.txt > /out/sorted.txt",
                         *           "inputs": [
                         *             {
                         *               "name": "words.txt",
                         *               "sha256": "5df6629deb82463b0e4395a9f5a878011156b5759f994a100c264a616a73e817",
                         *               "bytes": 11
                         *             }
                         *           ],
                         *           "network": "None"
                         *         },
                         *         "specHash": "7e84f6ed4a5c91b87e21246f403fc22f31fdbd2afffd39e3f9171679c048577d",
                         *         "challenge": "2dd00bd77e0222ced882665481a9c1d9f907309d16e05ed007a1ea63928477a9",
                         *         "runLimitMs": 45000,
                         *         "startBy": 1772366460000
                         *       }
                         *     }
                         */
                        "application/json": components["schemas"]["PolledCommand"];
                    };
                };
                /** @description No Content */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Bad Request */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 400,
                         *       "detail": "?wait: must be from 0 to 30",
                         *       "errors": [
                         *         {
                         *           "pointer": "?wait",
                         *           "code": "out-of-range",
                         *           "detail": "must be from 0 to 30"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:invalid-field",
                         *       "title": "Bad Request"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unauthorized */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 401,
                         *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                         *       "type": "urn:hypernode:problem:sign-in-refused",
                         *       "title": "Unauthorized"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Forbidden */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 403,
                         *       "detail": "sign in with the key of a node that is registered and has not been banned",
                         *       "type": "urn:hypernode:problem:not-a-node",
                         *       "title": "Forbidden"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/nodes/heartbeat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a node has to say, in order: beats, log chunks, starts, declines; and which commands it has on its disk. */
        post: {
            parameters: {
                query?: {
                    nodeId?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "acks": [
                     *         "ack-1"
                     *       ],
                     *       "messages": [
                     *         {
                     *           "kind": "beat",
                     *           "at": 5,
                     *           "leases": [
                     *             {
                     *               "jobId": "job-075de2b9-06db-4706-ada0-08cab735bee8",
                     *               "attempt": 1,
                     *               "logCount": 1,
                     *               "ended": false
                     *             }
                     *           ]
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["HeartbeatRequest"];
                };
            };
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "acked": [
                         *         "ack-1"
                         *       ],
                         *       "unknown": [],
                         *       "unread": 0,
                         *       "at": 1772366400000
                         *     }
                         */
                        "application/json": components["schemas"]["HeartbeatAnswer"];
                    };
                };
                /** @description Bad Request */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 400,
                         *       "detail": ": the body must be a JSON object",
                         *       "errors": [
                         *         {
                         *           "pointer": "",
                         *           "code": "wrong-type",
                         *           "detail": "the body must be a JSON object"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:invalid-field",
                         *       "title": "Bad Request"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unauthorized */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 401,
                         *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                         *       "type": "urn:hypernode:problem:sign-in-refused",
                         *       "title": "Unauthorized"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Forbidden */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 403,
                         *       "detail": "sign in with the key of a node that is registered and has not been banned",
                         *       "type": "urn:hypernode:problem:not-a-node",
                         *       "title": "Forbidden"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Payload Too Large */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 413,
                         *       "detail": "the body may have at most 16384 bytes",
                         *       "type": "urn:hypernode:problem:too-large",
                         *       "title": "Payload Too Large"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unsupported Media Type */
                415: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 415,
                         *       "detail": "send application/json in UTF-8",
                         *       "type": "urn:hypernode:problem:unsupported-media-type",
                         *       "title": "Unsupported Media Type"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/nodes/{nodeId}/drain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The node gets no new jobs; what it has it may finish. */
        post: {
            parameters: {
                query?: never;
                header?: {
                    /** @description 1 to 128 visible ASCII characters: for a day the same request gets the same answer */
                    "Idempotency-Key"?: string;
                };
                path: {
                    nodeId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "nodeId": "0f8fad5b-d9cb-469f-a165-70867728950e",
                         *       "status": "draining",
                         *       "busySlots": 1
                         *     }
                         */
                        "application/json": components["schemas"]["NodeStatusAnswer"];
                    };
                };
                /** @description Bad Request */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 400,
                         *       "detail": "Idempotency-Key: must be 1 to 128 visible ASCII characters, once",
                         *       "errors": [
                         *         {
                         *           "pointer": "Idempotency-Key",
                         *           "code": "malformed",
                         *           "detail": "must be 1 to 128 visible ASCII characters, once"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:invalid-field",
                         *       "title": "Bad Request"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unauthorized */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 401,
                         *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                         *       "type": "urn:hypernode:problem:sign-in-refused",
                         *       "title": "Unauthorized"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Forbidden */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 403,
                         *       "detail": "this is for its owner",
                         *       "type": "urn:hypernode:problem:not-yours",
                         *       "title": "Forbidden"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Not Found */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 404,
                         *       "detail": "no such node",
                         *       "type": "urn:hypernode:problem:not-found",
                         *       "title": "Not Found"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Conflict */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 409,
                         *       "detail": "the node is slashed",
                         *       "type": "urn:hypernode:problem:wrong-status",
                         *       "title": "Conflict"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Payload Too Large */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 413,
                         *       "detail": "the body may have at most 16384 bytes",
                         *       "type": "urn:hypernode:problem:too-large",
                         *       "title": "Payload Too Large"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Service Unavailable */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 503,
                         *       "detail": "the storage can't take this now (the disk is full); nothing was changed that a repeat would not find",
                         *       "type": "urn:hypernode:problem:storage-unavailable",
                         *       "title": "Service Unavailable"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/nodes/{nodeId}/undrain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The node gets jobs again. */
        post: {
            parameters: {
                query?: never;
                header?: {
                    /** @description 1 to 128 visible ASCII characters: for a day the same request gets the same answer */
                    "Idempotency-Key"?: string;
                };
                path: {
                    nodeId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "nodeId": "0f8fad5b-d9cb-469f-a165-70867728950e",
                         *       "status": "active",
                         *       "busySlots": 1
                         *     }
                         */
                        "application/json": components["schemas"]["NodeStatusAnswer"];
                    };
                };
                /** @description Bad Request */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 400,
                         *       "detail": "Idempotency-Key: must be 1 to 128 visible ASCII characters, once",
                         *       "errors": [
                         *         {
                         *           "pointer": "Idempotency-Key",
                         *           "code": "malformed",
                         *           "detail": "must be 1 to 128 visible ASCII characters, once"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:invalid-field",
                         *       "title": "Bad Request"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unauthorized */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 401,
                         *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                         *       "type": "urn:hypernode:problem:sign-in-refused",
                         *       "title": "Unauthorized"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Forbidden */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 403,
                         *       "detail": "this is for its owner",
                         *       "type": "urn:hypernode:problem:not-yours",
                         *       "title": "Forbidden"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Not Found */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 404,
                         *       "detail": "no such node",
                         *       "type": "urn:hypernode:problem:not-found",
                         *       "title": "Not Found"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Conflict */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 409,
                         *       "detail": "the node is slashed",
                         *       "type": "urn:hypernode:problem:wrong-status",
                         *       "title": "Conflict"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Payload Too Large */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 413,
                         *       "detail": "the body may have at most 16384 bytes",
                         *       "type": "urn:hypernode:problem:too-large",
                         *       "title": "Payload Too Large"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Service Unavailable */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 503,
                         *       "detail": "the storage can't take this now (the disk is full); nothing was changed that a repeat would not find",
                         *       "type": "urn:hypernode:problem:storage-unavailable",
                         *       "title": "Service Unavailable"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stats/network": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The whole network, as it stood a moment ago. */
        get: {
            parameters: {
                query?: never;
                header?: {
                    /** @description the ETag of an answer that you have: 304 while it is still the one */
                    "If-None-Match"?: string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "network": "localnet",
                         *       "nodes": {
                         *         "total": 5,
                         *         "byStatus": {
                         *           "active": 4,
                         *           "slashed": 1
                         *         },
                         *         "slots": 8,
                         *         "busySlots": 3,
                         *         "gpus": 4,
                         *         "lowestPricePerSecond": 1000
                         *       },
                         *       "jobs": {
                         *         "total": 5,
                         *         "byState": {
                         *           "Paid": 2,
                         *           "Initial": 1,
                         *           "Executing": 1,
                         *           "Refunded": 1
                         *         },
                         *         "charged": 2000,
                         *         "refunded": 4998000
                         *       }
                         *     }
                         */
                        "application/json": components["schemas"]["NetworkStats"];
                    };
                };
                /** @description Not Modified */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stats/nodes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Nodes and what they offer. */
        get: {
            parameters: {
                query?: never;
                header?: {
                    /** @description the ETag of an answer that you have: 304 while it is still the one */
                    "If-None-Match"?: string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "total": 5,
                         *       "byStatus": {
                         *         "active": 4,
                         *         "slashed": 1
                         *       },
                         *       "slots": 8,
                         *       "busySlots": 3,
                         *       "gpus": 4,
                         *       "lowestPricePerSecond": 1000
                         *     }
                         */
                        "application/json": components["schemas"]["NodeStats"];
                    };
                };
                /** @description Not Modified */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stats/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Jobs by state. */
        get: {
            parameters: {
                query?: never;
                header?: {
                    /** @description the ETag of an answer that you have: 304 while it is still the one */
                    "If-None-Match"?: string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "total": 5,
                         *       "byState": {
                         *         "Paid": 2,
                         *         "Initial": 1,
                         *         "Executing": 1,
                         *         "Refunded": 1
                         *       },
                         *       "charged": 2000,
                         *       "refunded": 4998000
                         *     }
                         */
                        "application/json": components["schemas"]["JobStatsAnswer"];
                    };
                };
                /** @description Not Modified */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process answers. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": "healthy",
                         *       "checks": []
                         *     }
                         */
                        "application/json": components["schemas"]["HealthAnswer"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process and everything that it needs answer. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": "healthy",
                         *       "checks": []
                         *     }
                         */
                        "application/json": components["schemas"]["HealthAnswer"];
                    };
                };
                /** @description Service Unavailable */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": "unhealthy",
                         *       "checks": [
                         *         {
                         *           "name": "storage",
                         *           "status": "unhealthy",
                         *           "reason": "the disk is full"
                         *         }
                         *       ]
                         *     }
                         */
                        "application/json": components["schemas"]["HealthAnswer"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ws": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A WebSocket of live events: subscribe to job:…, logs:…, node:…, network and wallet; each event has a number to resume after. */
        get: operations["live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/blobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stores a file (the raw body) under its own SHA-256. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Created */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
                         *       "bytes": 5
                         *     }
                         */
                        "application/json": components["schemas"]["BlobAnswer"];
                    };
                };
                /** @description Unauthorized */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 401,
                         *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                         *       "type": "urn:hypernode:problem:sign-in-refused",
                         *       "title": "Unauthorized"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Payload Too Large */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 413,
                         *       "detail": "the body may have at most 16384 bytes",
                         *       "type": "urn:hypernode:problem:too-large",
                         *       "title": "Payload Too Large"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/blobs/{sha256}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An input of the job whose lease the caller's node holds (?job=, ?attempt=); by ranges, if wanted. */
        get: {
            parameters: {
                query?: {
                    job?: string;
                    attempt?: string;
                };
                header?: {
                    /** @description bytes=FROM-TO: a part of the file */
                    Range?: string;
                    /** @description the file's ETag: 304 when you have it */
                    "If-None-Match"?: string;
                    /** @description the file's ETag: 412 when it is another file */
                    "If-Match"?: string;
                };
                path: {
                    sha256: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/octet-stream": unknown;
                    };
                };
                /** @description Partial Content */
                206: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/octet-stream": unknown;
                    };
                };
                /** @description Not Modified */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Unauthorized */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 401,
                         *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                         *       "type": "urn:hypernode:problem:sign-in-refused",
                         *       "title": "Unauthorized"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Not Found */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 404,
                         *       "detail": "no such file",
                         *       "type": "urn:hypernode:problem:not-found",
                         *       "title": "Not Found"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Precondition Failed */
                412: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 412,
                         *       "detail": "the file is not the one that If-Match or If-Unmodified-Since names",
                         *       "type": "urn:hypernode:problem:another-file",
                         *       "title": "Precondition Failed"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Range Not Satisfiable */
                416: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 416,
                         *       "detail": "the file has no such bytes",
                         *       "type": "urn:hypernode:problem:range-not-satisfiable",
                         *       "title": "Range Not Satisfiable"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        /** An output of the job whose lease the caller's node holds (?job=, ?attempt=): the raw body, which must have this hash. */
        put: {
            parameters: {
                query?: {
                    job?: string;
                    attempt?: string;
                };
                header?: never;
                path: {
                    sha256: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Created */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "sha256": "762069bc07a6e1b5df123a5ae7bd91c10daa04694fbaa17fba0cd6a8dcce8f22",
                         *       "bytes": 3
                         *     }
                         */
                        "application/json": components["schemas"]["BlobAnswer"];
                    };
                };
                /** @description Bad Request */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 400,
                         *       "detail": "?sha256: the body is not the file of this hash and length; nothing was stored",
                         *       "errors": [
                         *         {
                         *           "pointer": "?sha256",
                         *           "code": "wrong-hash",
                         *           "detail": "the body is not the file of this hash and length; nothing was stored"
                         *         }
                         *       ],
                         *       "type": "urn:hypernode:problem:invalid-field",
                         *       "title": "Bad Request"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Unauthorized */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 401,
                         *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                         *       "type": "urn:hypernode:problem:sign-in-refused",
                         *       "title": "Unauthorized"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Not Found */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 404,
                         *       "detail": "no such lease of this node",
                         *       "type": "urn:hypernode:problem:not-found",
                         *       "title": "Not Found"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Length Required */
                411: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 411,
                         *       "detail": "say the file's length: Content-Length",
                         *       "type": "urn:hypernode:problem:length-required",
                         *       "title": "Length Required"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Payload Too Large */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 413,
                         *       "detail": "the body may have at most 16384 bytes",
                         *       "type": "urn:hypernode:problem:too-large",
                         *       "title": "Payload Too Large"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Too Many Requests */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 429,
                         *       "detail": "this caller asks more often than it may",
                         *       "type": "urn:hypernode:problem:too-many-requests",
                         *       "title": "Too Many Requests"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Something went wrong on our side, or the storage is away */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        /**
                         * @example {
                         *       "status": 500,
                         *       "detail": "something went wrong on our side",
                         *       "traceId": "0HNQFOH5PKBKI",
                         *       "type": "urn:hypernode:problem:internal",
                         *       "title": "Internal Server Error"
                         *     }
                         */
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A regular file that a job left in `/out`, stored as a blob. */
        Artifact: {
            name: string;
            sha256: components["schemas"]["Hash256"];
            /** Format: int64 */
            bytes: number;
        };
        /** @description A node's turn: who, at what price, from when to when, what it reported and what the oracle said of it. */
        AttemptExplanation: {
            /** Format: int32 */
            attempt: number;
            nodeId: string;
            /** Format: int32 */
            slot: number;
            /**
             * Format: uint64
             * @description Base units.
             */
            ratePerSecond: number;
            /**
             * Format: int64
             * @description ms since the epoch, as all times here.
             */
            takenAt: number;
            /**
             * Format: int64
             * @description From here it is charged for.
             */
            firstBeatAt?: number;
            /** Format: int64 */
            lastBeatAt?: number;
            /** @description It holds the job now. */
            live: boolean;
            receipt?: components["schemas"]["ReceiptExplanation"];
            verdict?: components["schemas"]["VerdictExplanation"];
        };
        BlobAnswer: {
            sha256: string;
            /** Format: int64 */
            bytes: number;
        };
        ChallengeAnswer: {
            /** @description The text to sign, as UTF-8. */
            challenge: string;
            /**
             * Format: int64
             * @description ms since the epoch.
             */
            expiresAt: number;
        };
        ChallengeRequest: {
            /** @description An address: 32 bytes in base58. */
            wallet: string;
        };
        CheckAnswer: {
            name: string;
            /**
             * Format: int32
             * @description Ten-thousandths of the score.
             */
            weight: number;
            /** @description Must hold, whatever the score. */
            gate: boolean;
            held: boolean;
        };
        CompleteJobRequest: {
            /** @description As in `GET /api/jobs/{jobId}/receipt`. */
            receipt: components["schemas"]["Receipt"];
            /** @description 64 bytes in base58, over `HYPERNODE/receipt/v1` and the 32 bytes of the receipt's hash. */
            signature: string;
        };
        CompletedAnswer: {
            jobId: string;
            /** Format: int32 */
            attempt: number;
            /** @description SHA-256 of the receipt's canonical form. */
            receiptHash: string;
        };
        CountedReason: {
            code: string;
            text: string;
            /** Format: int32 */
            count: number;
        };
        DeadlineAnswer: {
            code: string;
            /**
             * Format: int64
             * @description ms since the epoch.
             */
            at: number;
            text: string;
        };
        DecisionAnswer: {
            state: string;
            /** @description The event that decided it. */
            code: string;
            /** @description What the event said beside its name: a code, failed checks, a reason. */
            detail?: string;
            text: string;
            /** Format: int32 */
            attempt: number;
            /**
             * Format: int64
             * @description ms since the epoch.
             */
            at: number;
        };
        /** @description Where the money goes: what the nonce commits to beside the job. */
        DeploymentAnswer: {
            network: string;
            cluster: string;
            program: string;
            mint: string;
        };
        EncryptionBody: {
            /** @description An Ed25519 key (a wallet's address): each result is sealed to it before it leaves the node. Logs are not. */
            resultKey: string;
        };
        FacilitatorRequest: {
            /** Format: int32 */
            x402Version: number;
            /** @description As the client sent it in its header, decoded. */
            paymentPayload: Record<string, never>;
            /** @description The one of the server's requirements that it pays. */
            paymentRequirements: Record<string, never>;
        };
        FacilitatorStats: {
            deployment: components["schemas"]["DeploymentAnswer"];
            /** Format: int64 */
            intents: number;
            byStatus: {
                [key: string]: number;
            };
            /**
             * Format: uint64
             * @description Base units.
             */
            charged: number;
            /**
             * Format: uint64
             * @description Base units.
             */
            refunded: number;
        };
        /** @description One thing that is wrong with a body or a query. */
        FieldError: {
            /** @description JSON pointer (RFC 6901) into the body; for a query `?name`. */
            pointer: string;
            /** @description Stable, for programs. */
            code: string;
            /** @description For people. */
            detail: string;
        };
        GpuAnswer: {
            model: string;
            /** Format: int32 */
            vramMb: number;
        };
        GpuBody: {
            uuid: string;
            model: string;
            /** Format: int32 */
            vramMb: number;
        };
        /** @description 32 bytes in lower-case hex */
        Hash256: string;
        HealthAnswer: {
            /** @description `healthy`, `degraded` or `unhealthy`. */
            status: string;
            checks: components["schemas"]["HealthCheckAnswer"][];
        };
        HealthCheckAnswer: {
            name: string;
            status: string;
            /** @description Why it is not healthy. */
            reason?: string;
        };
        HeartbeatAnswer: {
            /** @description Confirmed: these commands do not come again. */
            acked: string[];
            /** @description Not held here (any more): these commands come again, with another ack. */
            unknown: string[];
            /**
             * Format: int32
             * @description So many messages are of a kind that is not known here, or malformed; they were dropped.
             */
            unread: number;
            /**
             * Format: int64
             * @description Our clock, ms since the epoch.
             */
            at: number;
        };
        HeartbeatRequest: {
            /** @description Of commands that the node has on its disk; at most 64. */
            acks?: string[];
            /** @description As over the broker, each with its `kind`; at most 64, with at most 256 log chunks. */
            messages?: components["schemas"]["NodeMessage"][];
        };
        HeldLeaseAnswer: {
            jobId: string;
            /** Format: int32 */
            attempt: number;
            /** Format: int32 */
            slot: number;
            /**
             * Format: int64
             * @description ms since the epoch.
             */
            takenAt: number;
            /**
             * Format: int64
             * @description ms since the epoch.
             */
            lastBeatAt?: number;
        };
        /** @description Sums in HYPER, exact. */
        HyperSums: {
            amount: string;
            charge: string;
            nodeShare: string;
            protocolFee: string;
            platformFee: string;
            refund: string;
        };
        InputBody: {
            /** @description The file is /in/{name} in the container. */
            name: string;
            sha256: string;
            /** Format: int64 */
            bytes: number;
            /** @description True: the file is an envelope that the node opens for the job; hash and length are the envelope's. */
            encrypted?: boolean;
        };
        /** @description a UUID */
        IntentId: string;
        /** @description A job with its whole story. */
        JobAnswer: {
            jobId: string;
            owner: string;
            state: string;
            status: string;
            outcome?: string;
            type: string;
            description?: string;
            image: string;
            specHash: string;
            /** Format: int32 */
            attempt: number;
            nodeId?: string;
            /**
             * Format: uint64
             * @description Base units, as every sum here; the parts are 0 until settled.
             */
            amount: number;
            /** Format: uint64 */
            charge: number;
            /** Format: uint64 */
            nodeShare: number;
            /** Format: uint64 */
            protocolFee: number;
            /** Format: uint64 */
            platformFee: number;
            /** Format: uint64 */
            refund: number;
            /** @description The same sums as decimal texts; absent where the payment came by transfer, perhaps in another mint. */
            hyper?: components["schemas"]["HyperSums"];
            intentId: string;
            nonce: string;
            /** Format: int64 */
            expiresAt: number;
            /**
             * Format: int64
             * @description Seconds since the epoch.
             */
            settleBy: number;
            escrowAddress?: string;
            executionHash?: string;
            logsHash?: string;
            proofSignature?: string;
            /** @description Transactions on chain, in order. */
            signatures: string[];
            transitions: components["schemas"]["TransitionAnswer"][];
            /**
             * Format: int64
             * @description ms since the epoch.
             */
            createdAt: number;
            /**
             * Format: int64
             * @description ms since the epoch; absent until the job has ended.
             */
            completedAt?: number;
            links: components["schemas"]["JobLinks"];
            /** @description What the sums are base units of, where the payment came by transfer (x402); absent: HYPER. */
            mint?: string;
        };
        JobBody: {
            /** @description `inference`, `training`, `rendering` or `custom`. */
            type: string;
            /** @description `name@sha256:…` or `sha256:…`. */
            image: string;
            limits: components["schemas"]["LimitsBody"];
            /**
             * Format: int32
             * @description Seconds.
             */
            estimatedTime: number;
            /** @description For /bin/sh, at most 64 KiB; exactly one of script and cmd. */
            script?: string;
            cmd?: string[];
            inputs?: components["schemas"]["InputBody"][];
            /** @description `none` (also when absent), `allowlist` or `full`: any public address. */
            network?: string;
            description?: string;
            /** @description With `allowlist`, and only then: 1 to 32 times `host:port`. */
            networkAllow?: string[];
            /** @description Ids of the nodes that may have the job, 1 to 64; absent: any. Needed where an input is encrypted. */
            nodes?: string[];
            encryption?: components["schemas"]["EncryptionBody"];
        };
        /** @description Codes are stable, texts are for people. */
        JobExplanation: {
            jobId: string;
            state: string;
            status: string;
            outcome?: string;
            /** Format: int32 */
            attempt: number;
            /**
             * Format: int32
             * @description So many nodes may try.
             */
            maxAttempts: number;
            /** @description The payer has asked for its end. */
            cancelling: boolean;
            /** @description What would move it on; when it has ended: how. */
            waitingFor: components["schemas"]["ReasonAnswer"];
            /** @description What happens when nothing comes, the soonest first; none when it has ended. */
            deadlines: components["schemas"]["DeadlineAnswer"][];
            /** @description Its life so far, in order. */
            decisions: components["schemas"]["DecisionAnswer"][];
            /** @description One a node that had it. */
            attempts: components["schemas"]["AttemptExplanation"][];
            /** @description Only while it looks for a node. */
            matching?: components["schemas"]["MatchingExplanation"];
            /** @description Signatures on chain, in order. */
            transactions: string[];
            /** @description A transaction whose answer is not known yet: it is asked for, never guessed. */
            pending?: components["schemas"]["PendingExplanation"];
        };
        /** @description job- and a UUID */
        JobId: string;
        /** @description Where to go on from a job. */
        JobLinks: {
            job: string;
            logs: string;
            result: string;
            cancel: string;
        };
        JobPage: {
            items: components["schemas"]["JobSummary"][];
            /** @description Goes into ?cursor= for the page after; absent on the last. */
            next?: string;
        };
        JobStatsAnswer: {
            /** Format: int64 */
            total: number;
            byState: {
                [key: string]: number;
            };
            /**
             * Format: uint64
             * @description Base units.
             */
            charged: number;
            /**
             * Format: uint64
             * @description Base units.
             */
            refunded: number;
        };
        /** @description A job in a list. */
        JobSummary: {
            jobId: string;
            state: string;
            status: string;
            outcome?: string;
            type: string;
            description?: string;
            /** Format: int32 */
            attempt: number;
            nodeId?: string;
            /**
             * Format: uint64
             * @description Base units, as every sum here; 0 until settled.
             */
            amount: number;
            /** Format: uint64 */
            charge: number;
            /** Format: uint64 */
            refund: number;
            /**
             * Format: int64
             * @description ms since the epoch.
             */
            createdAt: number;
            /**
             * Format: int64
             * @description ms since the epoch; absent until the job has ended.
             */
            completedAt?: number;
            links: components["schemas"]["JobLinks"];
            /** @description What the sums are base units of, where the payment came by transfer (x402); absent: HYPER. */
            mint?: string;
        };
        JsonElement: unknown;
        LeaseBeat: {
            jobId: components["schemas"]["JobId"];
            /** Format: int32 */
            attempt: number;
            /**
             * Format: int64
             * @description Chunks made so far.
             */
            logCount: number;
            /** @description The container has ended; outputs are being collected, or the outcome is on its way. */
            ended: boolean;
        };
        LimitsBody: {
            /**
             * Format: int32
             * @description Thousandths of a core.
             */
            cpuMillis: number;
            /**
             * Format: int32
             * @description MiB.
             */
            memoryMb: number;
            /** Format: int32 */
            gpus?: number;
            /** Format: int32 */
            gpuVramMb?: number;
            /**
             * Format: int32
             * @description The run limit; absent: 1.5 × the estimate, at most the type's cap.
             */
            timeoutSeconds?: number;
            /** Format: int32 */
            outputMb?: number;
        };
        LogAnswer: {
            /** Format: int32 */
            attempt: number;
            /** Format: int64 */
            seq: number;
            /** @description `agent`, `stdout` or `stderr`. */
            stream: string;
            /**
             * Format: int64
             * @description ms since the epoch, of the node's clock.
             */
            at: number;
            /**
             * Format: int64
             * @description ms since the epoch, of ours.
             */
            receivedAt: number;
            /** @description The data as UTF-8; a character that two chunks share shows as U+FFFD. */
            text: string;
            /** @description The raw bytes in base64. */
            data: string;
            /** @description The chain's hash up to this chunk. */
            hash: string;
        };
        /** @description A piece of a job's output, in order, chained by hash. */
        LogChunk: {
            jobId: components["schemas"]["JobId"];
            /** Format: int32 */
            attempt: number;
            /**
             * Format: int64
             * @description From 0, without gaps.
             */
            seq: number;
            /** @description `agent`, `stdout` or `stderr`. */
            stream: string;
            /**
             * Format: int64
             * @description ms since the epoch, of the node's clock.
             */
            at: number;
            /**
             * Format: byte
             * @description At most int LogChunk.MaxBytes raw bytes (base64 in JSON).
             */
            data: string;
            /** @description See Hash256 LogChunk.ChainHash(Hash256 previous, long seq, string stream, long at, ReadOnlySpan&lt;byte&gt; data). */
            hash: components["schemas"]["Hash256"];
        };
        LogPage: {
            items: components["schemas"]["LogAnswer"][];
            /** @description Goes into ?cursor= for what comes after. */
            next: string;
            /** @description True when the job has ended and this was the last page. */
            complete: boolean;
        };
        LoginAnswer: {
            /** @description Goes into `Authorization: Bearer …`. */
            token: string;
            /**
             * Format: int64
             * @description ms since the epoch.
             */
            expiresAt: number;
        };
        LoginRequest: {
            wallet: string;
            /** @description The whole text, as it was given. */
            challenge: string;
            /** @description 64 bytes in base58. */
            signature: string;
        };
        /** @description The market as the job's matcher sees it at this moment. */
        MatchingExplanation: {
            /** Format: int32 */
            nodes: number;
            /**
             * Format: int32
             * @description Nodes that fit and are free: one of them is taken at the next look.
             */
            fitting: number;
            text: string;
            reasons: components["schemas"]["CountedReason"][];
        };
        NetworkStats: {
            network: string;
            nodes: components["schemas"]["NodeStats"];
            jobs: components["schemas"]["JobStatsAnswer"];
        };
        /** @description A node as anyone may see it. */
        NodeAnswer: {
            nodeId: string;
            nodeKey: string;
            /** @description The wallet that is paid. */
            authority: string;
            status: string;
            /** Format: int32 */
            slots: number;
            /** Format: int32 */
            busySlots: number;
            /** Format: int32 */
            cpuMillis: number;
            /** Format: int32 */
            memoryMb: number;
            /**
             * Format: uint64
             * @description Base units a second of one slot.
             */
            pricePerSecond: number;
            pricePerSecondHyper: string;
            gpus: components["schemas"]["GpuAnswer"][];
            images: string[];
            /** Format: int64 */
            jobsCompleted: number;
            /**
             * Format: uint64
             * @description Base units.
             */
            earned: number;
            /**
             * Format: int64
             * @description ms since the epoch.
             */
            registeredAt: number;
            /**
             * Format: int64
             * @description ms since the epoch.
             */
            lastSeenAt?: number;
            /** @description Where its agent gets its jobs, with the node's key as the only credential; told of one node at a time. Null: not known here. */
            broker?: string;
            /** @description `none`, and what else the node sells of `allowlist` and `full`. */
            networkModes?: string[];
        };
        /** @description Codes are stable, texts are for people. */
        NodeExplanation: {
            nodeId: string;
            status: string;
            reason: components["schemas"]["ReasonAnswer"];
            /**
             * Format: int64
             * @description ms since the epoch; absent: never.
             */
            lastSeenAt?: number;
            /** Format: int32 */
            slots: number;
            /** Format: int32 */
            busySlots: number;
            /**
             * Format: int32
             * @description Active nodes with a free slot that ask less: jobs that fit them go there first.
             */
            cheaperFreeNodes: number;
            leases: components["schemas"]["HeldLeaseAnswer"][];
            waiting: components["schemas"]["WaitingExplanation"];
        };
        /** @description a UUID */
        NodeId: string;
        NodeList: {
            items: components["schemas"]["NodeAnswer"][];
            /** @description Goes into ?cursor= for the page after; absent on the last. */
            next?: string;
        };
        /** @description What an agent may say, as JSON with a `kind`; routing key `node.{id}.{kind}`. Who says it is known from the link, never from the body. */
        NodeMessage: components["schemas"]["NodeMessageBeat"] | components["schemas"]["NodeMessageLogChunks"] | components["schemas"]["NodeMessageAttemptStarted"] | components["schemas"]["NodeMessageAttemptDeclined"] | components["schemas"]["NodeMessageAttemptReported"] | components["schemas"]["NodeMessageNodeBundle"];
        /** @description The node can't run it (image missing, engine down, inputs unreadable): typed, so that the job moves on at once. */
        NodeMessageAttemptDeclined: {
            /** @enum {string} */
            kind?: "declined";
            jobId: components["schemas"]["JobId"];
            /** Format: int32 */
            attempt: number;
            /** @description `image-unavailable`, `inputs-unavailable`, `engine-unavailable`, `no-capacity`, `expired`, `not-a-recipient`, `envelope-damaged`. */
            reason: string;
            detail: string;
        };
        /** @description The attempt has ended; the receipt is signed with the node's key (64 bytes, base58). */
        NodeMessageAttemptReported: {
            /** @enum {string} */
            kind?: "reported";
            receipt: components["schemas"]["Receipt"];
            signature: string;
        };
        /** @description The container runs. */
        NodeMessageAttemptStarted: {
            /** @enum {string} */
            kind?: "started";
            jobId: components["schemas"]["JobId"];
            /** Format: int32 */
            attempt: number;
            /** Format: int64 */
            at: number;
        };
        /** @description A sign of life, with the leases that are held. */
        NodeMessageBeat: {
            /** @enum {string} */
            kind?: "beat";
            /**
             * Format: int64
             * @description ms since the epoch, of the node's clock.
             */
            at: number;
            leases: components["schemas"]["LeaseBeat"][];
        };
        /** @description Chunks of one attempt, in order. */
        NodeMessageLogChunks: {
            /** @enum {string} */
            kind?: "logs";
            chunks: components["schemas"]["LogChunk"][];
        };
        /**
         * @description What a node says at one moment, in order, as one message: it costs the broker one entry, one confirm and one
         *     acknowledgement. Bundles do not nest. An item that can't be read is null, and its neighbours are none the worse.
         */
        NodeMessageNodeBundle: {
            /** @enum {string} */
            kind?: "bundle";
            messages: components["schemas"]["NodeMessage"][];
        };
        NodeRewards: {
            nodeId: string;
            /** Format: int64 */
            jobsCompleted: number;
            /**
             * Format: uint64
             * @description Base units.
             */
            earned: number;
        };
        /** @description Slots and GPUs are those of active nodes. */
        NodeStats: {
            /** Format: int32 */
            total: number;
            byStatus: {
                [key: string]: number;
            };
            /** Format: int32 */
            slots: number;
            /** Format: int32 */
            busySlots: number;
            /** Format: int32 */
            gpus: number;
            /**
             * Format: uint64
             * @description Base units; absent when no node is active.
             */
            lowestPricePerSecond?: number;
        };
        NodeStatusAnswer: {
            nodeId: string;
            status: string;
            /**
             * Format: int32
             * @description Jobs that it still has.
             */
            busySlots: number;
        };
        OfferBody: {
            /** Format: int32 */
            slots: number;
            /** Format: int32 */
            cpuMillis: number;
            /** Format: int32 */
            memoryMb: number;
            /**
             * Format: int64
             * @description Base units a second of one slot.
             */
            pricePerSecond: number;
            gpus: components["schemas"]["GpuBody"][];
            images: string[];
            /** @description Beyond `none`: `allowlist`, `full`, in this order; absent: no others. */
            networkModes?: string[];
        };
        OnChainPayment: {
            /** @description `found`, `none`, or `unknown` while the chain can't be asked. */
            known: string;
            /** @description `pending`, `completed` or `refunded`. */
            status?: string;
            escrow?: string;
            /** Format: uint64 */
            amount?: number;
            /** Format: uint64 */
            charge?: number;
            /** Format: int32 */
            attempt?: number;
            assignedNode?: string;
            signature?: string;
            /** @description What amount and charge are base units of. */
            mint?: string;
        };
        /** @description What a 402 tells a client to do. */
        PaymentAdvice: {
            /** @description In a sentence. */
            action: string;
            /** @description The route that makes an intent to sign. */
            prepare: string;
            network: string;
            program: string;
            mint: string;
            /** @description The text that the server rebuilt from the intent; the signature must be over exactly these UTF-8 bytes. */
            signingText: string;
            /** @description The commitment that the intent's nonce must be, for the job and the reveal that were sent. */
            nonce: string;
        };
        PaymentIntentAnswer: {
            intentId: string;
            jobId: string;
            client: string;
            /**
             * Format: uint64
             * @description Base units.
             */
            amount: number;
            /** @description The same in HYPER. */
            amountHyper: string;
            status: string;
            /**
             * Format: int64
             * @description ms since the epoch.
             */
            timestamp: number;
            /**
             * Format: int64
             * @description ms since the epoch.
             */
            expiresAt: number;
            /**
             * Format: int64
             * @description Seconds since the epoch.
             */
            settleBy: number;
            nonce: string;
            onChain?: components["schemas"]["OnChainPayment"];
        };
        PaymentIntentBody: {
            /** @description UUID in lower case. */
            intentId: string;
            /** @description The paying wallet, base58. */
            client: string;
            /** @description HYPER: a decimal string (or number) of at most 6 decimals; the most that the job may cost. */
            amount: string;
            /** @description `job-` and a UUID in lower case. */
            jobId: string;
            /**
             * Format: int64
             * @description ms since the epoch; at most 5 minutes ahead.
             */
            timestamp: number;
            /**
             * Format: int64
             * @description ms since the epoch; at most 24 h after the timestamp.
             */
            expiresAt: number;
            /** @description 64 hex characters: the commitment to network, payer, job, settleBy and salt. */
            nonce: string;
            /** @description For the client's own use; not kept. */
            metadata?: {
                [key: string]: string;
            };
        };
        /**
         * @description 402 in three tongues at once: x402 v2 in the header `PAYMENT-REQUIRED`, x402 v1 in the body (`x402Version`,
         *     `error`, `accepts`), and a problem of RFC 9457 in the same body.
         */
        PaymentRequired: {
            /** @description For people. */
            detail: string;
            /**
             * Format: int32
             * @description 1: the body's own.
             */
            x402Version: number;
            /** @description x402's code of what was wrong with the payment, or a sentence where there was none. */
            error: string;
            /** @description How it can be paid by a v1 client; empty when this intent can't be paid for any more. */
            accepts: components["schemas"]["RequirementV1"][];
            /** @description How it can be paid without x402. */
            next?: components["schemas"]["PaymentAdvice"];
            type?: string;
            /** Format: int32 */
            status: number;
            title?: string;
        };
        PaymentVerifyAnswer: {
            isValid: boolean;
            /** @description x402's code of the first rule that does not hold. */
            invalidReason?: string;
            invalidMessage?: string;
            payer?: string;
        };
        PendingExplanation: {
            signature: string;
            /**
             * Format: uint64
             * @description Past this block it can't land any more.
             */
            lastValidBlockHeight: number;
        };
        PolledCommand: {
            /** @description Goes into the next heartbeat's acks, once the command is on the node's disk. */
            ack: string;
            /** @description As in the node's queue: `kind` is `execute` or `stop`. */
            command: components["schemas"]["JsonElement"];
        };
        PrepareIntentRequest: {
            client: string;
            amount: string;
            job: components["schemas"]["JobBody"];
            /**
             * Format: int32
             * @description How long the intent may be locked; absent: an hour.
             */
            lifetimeSeconds?: number;
            /** @description `intent` (also when absent): the wallet signs the text, and has approved its allowance. `transaction`: it signs a transaction, and needs no allowance. */
            funding?: string;
        };
        PreparedIntent: {
            /** @description Goes back as it is in submit-job. */
            paymentIntent: components["schemas"]["PaymentIntentBody"];
            /** @description What the wallet signs, as UTF-8. */
            text: string;
            reveal: components["schemas"]["RevealBody"];
            /** @description SHA-256 of CanonicalSpec. */
            specHash: string;
            /** @description The job as it is hashed (RFC 8785). */
            canonicalSpec: string;
            /**
             * Format: int64
             * @description The container is stopped after this.
             */
            runLimitSeconds: number;
            deployment: components["schemas"]["DeploymentAnswer"];
            transaction?: components["schemas"]["TransactionToSign"];
        };
        /** @description An RFC 9457 answer. Its type is `urn:hypernode:problem:` and a stable word. */
        Problem: {
            /** Format: int32 */
            status: number;
            detail: string;
            errors?: components["schemas"]["FieldError"][];
            next?: components["schemas"]["PaymentAdvice"];
            traceId?: string;
            type?: string;
            title?: string;
        };
        ReasonAnswer: {
            code: string;
            text: string;
        };
        /** @description What a node says it did, signed with its own key over byte[] Receipt.SigningBytes(). Times are ms since the epoch of the node's clock. */
        Receipt: {
            jobId: components["schemas"]["JobId"];
            intentId: components["schemas"]["IntentId"];
            nodeId: components["schemas"]["NodeId"];
            /** Format: int32 */
            attempt: number;
            /**
             * Format: int32
             * @description The fencing token of the lease; equal to the attempt while an attempt has one lease.
             */
            leaseEpoch: number;
            specHash: components["schemas"]["Hash256"];
            /** @description The image that really ran. */
            imageDigest: string;
            /** @description SHA-256 of the canonical list of inputs (names and hashes). */
            inputRoot: components["schemas"]["Hash256"];
            /** @description The lease's nonce, given with the command. */
            challenge: components["schemas"]["Hash256"];
            /** Format: int64 */
            startedAt: number;
            /** Format: int64 */
            endedAt: number;
            /** Format: int32 */
            exitCode: number;
            timedOut: boolean;
            outOfMemory: boolean;
            /** @description The hash of the last log chunk in the chain; zero when there is none. */
            logRoot: components["schemas"]["Hash256"];
            /** Format: int64 */
            logCount: number;
            /** @description SHA-256 of the canonical list of IReadOnlyList&lt;Artifact&gt; Receipt.Artifacts. */
            artifactRoot: components["schemas"]["Hash256"];
            artifacts: components["schemas"]["Artifact"][];
            /** @description The GPUs that it ran on: those of its lease. */
            gpuUuids: string[];
            /**
             * Format: int64
             * @description GPUs × run time.
             */
            gpuMilliseconds: number;
            /**
             * Format: int32
             * @description The most MiB that the watch saw in use on one of them: sampled, not measured throughout; 0 where nothing could be seen.
             */
            peakVramMb: number;
            /** @description HMAC-SHA256 with the challenge as key over job id and exit code: the agent's own sentinel. */
            completionMarker: components["schemas"]["Hash256"];
            /** @description Hash of the node's receipt before this one; zero for its first. */
            previousReceipt: components["schemas"]["Hash256"];
        };
        ReceiptExplanation: {
            /** @description SHA-256 of the receipt: the execution hash on chain. */
            hash: string;
            /** @description Base58, by the node's key. */
            signature: string;
            /** Format: int32 */
            exitCode: number;
            timedOut: boolean;
            outOfMemory: boolean;
            /** Format: int64 */
            logCount: number;
            /** Format: int32 */
            files: number;
            /**
             * Format: int64
             * @description ms since the epoch.
             */
            receivedAt: number;
        };
        /** @description A node's registration; both signatures are over `HYPERNODE Node Registration`, the text that names the network. */
        RegisterNodeRequest: {
            nodeId: string;
            nodeKey: string;
            authority: string;
            hostname: string;
            offer: components["schemas"]["OfferBody"];
            /**
             * Format: int64
             * @description ms since the epoch, within 5 minutes of our clock.
             */
            timestamp: number;
            nodeSignature: string;
            authoritySignature: string;
        };
        RequirementExtra: {
            /** @description Signs the transfer last, and pays its fee. */
            feePayer?: string;
            /** @description Goes into the transfer where a client can put it there. */
            memo?: string;
            /** @description The route that makes an intent to sign. */
            prepare?: string;
            /** @description What a `hypernode-intent` signs, as UTF-8. */
            signingText?: string;
        };
        /** @description x402 v1: one way to pay. */
        RequirementV1: {
            scheme: string;
            network: string;
            /** @description Base units of the asset. */
            maxAmountRequired: string;
            resource: string;
            description: string;
            mimeType: string;
            /** @description An address that commits to the terms of the payment, its payer included. */
            payTo: string;
            /** Format: int32 */
            maxTimeoutSeconds: number;
            asset: string;
            extra: components["schemas"]["RequirementExtra"];
        };
        ResultFile: {
            name: string;
            sha256: string;
            /** Format: int64 */
            bytes: number;
        };
        ResultList: {
            items: components["schemas"]["ResultFile"][];
            /** @description SHA-256 of the receipt that lists them: the execution hash on chain. */
            receiptHash: string;
            /** Format: int32 */
            exitCode: number;
        };
        RevealBody: {
            /** @description 64 hex characters. */
            salt: string;
            /**
             * Format: int64
             * @description Seconds since the epoch.
             */
            settleBy: number;
        };
        RewardsAnswer: {
            wallet: string;
            /**
             * Format: uint64
             * @description Base units; always 0, see Explanation.
             */
            claimable: number;
            /**
             * Format: uint64
             * @description Base units that settlements have paid to this wallet's nodes so far.
             */
            earned: number;
            /** @description The same in HYPER. */
            earnedHyper: string;
            nodes: components["schemas"]["NodeRewards"][];
            explanation: string;
        };
        /** @description What became of a payment, in `PAYMENT-RESPONSE` or `X-PAYMENT-RESPONSE`. */
        SettlementAnswer: {
            success: boolean;
            /** @description Its id on chain; empty while that is not known. */
            transaction: string;
            network: string;
            payer: string;
            /** @description `settlement_pending`: it may have happened or may still happen, and is looked after here. Pay no second time. */
            errorReason?: string;
        };
        SignedReceipt: {
            receipt: components["schemas"]["Receipt"];
            /** @description Base58 of the node's Ed25519 signature over `HYPERNODE/receipt/v1` and the 32 bytes of Hash. */
            signature: string;
            /** @description The key that the node registered with. */
            nodeKey: string;
            /** @description SHA-256 of the receipt's RFC 8785 form: the execution hash on chain. */
            hash: string;
            /**
             * Format: int64
             * @description ms since the epoch, of our clock.
             */
            receivedAt: number;
        };
        /** @description A job's state in a stream. */
        StateEvent: {
            state: string;
            status: string;
            /** Format: int32 */
            attempt: number;
            nodeId?: string;
            outcome?: string;
        };
        SubmitJobAnswer: {
            jobId: string;
            state: string;
            status: string;
            links: components["schemas"]["JobLinks"];
        };
        SubmitJobRequest: {
            paymentIntent: components["schemas"]["PaymentIntentBody"];
            /** @description Must be the intent's client. */
            publicKey: string;
            job: components["schemas"]["JobBody"];
            reveal: components["schemas"]["RevealBody"];
            /** @description 64 bytes in base58, over the UTF-8 text of the intent. Not with a transaction; neither: paid for by x402. */
            signature?: string;
            /** @description Base64: the prepare route's transaction, signed by the client, otherwise unchanged. */
            transaction?: string;
        };
        SupportedAnswer: {
            /** @description Empty where no wallets are served. */
            kinds: components["schemas"]["SupportedKind"][];
            extensions: string[];
            /** @description Fee payers, by family of networks. */
            signers: {
                [key: string]: string[];
            };
        };
        SupportedKind: {
            /** Format: int32 */
            x402Version: number;
            scheme: string;
            network: string;
            extra: components["schemas"]["RequirementExtra"];
        };
        TransactionToSign: {
            /** @description To be signed by the client's wallet without any change, and sent back in submit-job. */
            base64: string;
            /**
             * Format: uint64
             * @description The chain takes it until this block: about a minute.
             */
            lastValidBlockHeight: number;
        };
        TransitionAnswer: {
            state: string;
            /**
             * Format: int64
             * @description ms since the epoch.
             */
            at: number;
            /** @description The event that moved the job, and its code where it has one. */
            cause: string;
            /** Format: int32 */
            attempt: number;
        };
        VerdictExplanation: {
            verdict: string;
            /**
             * Format: int32
             * @description Of 10,000.
             */
            score: number;
            /**
             * Format: uint64
             * @description Base units.
             */
            charge: number;
            detail: string;
            /** @description Empty where nothing was checked: a metered cancellation. */
            checks: components["schemas"]["CheckAnswer"][];
        };
        VerifyAnswer: {
            valid: boolean;
            wallet: string;
            /**
             * Format: int64
             * @description ms since the epoch.
             */
            expiresAt: number;
        };
        WaitingExplanation: {
            /**
             * Format: int32
             * @description How many waiting jobs were held against the offer.
             */
            jobs: number;
            /** @description There are more than were looked at. */
            more: boolean;
            /**
             * Format: int32
             * @description Of them: those that this node could take now.
             */
            fitting: number;
            text: string;
            reasons: components["schemas"]["CountedReason"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Switching Protocols */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": 401,
                     *       "detail": "the signature is not the wallet's, or the challenge is unknown, used or expired",
                     *       "type": "urn:hypernode:problem:sign-in-refused",
                     *       "title": "Unauthorized"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": 403,
                     *       "detail": "pages of this origin may not call the API",
                     *       "type": "urn:hypernode:problem:origin-not-allowed",
                     *       "title": "Forbidden"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Upgrade Required */
            426: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": 426,
                     *       "detail": "this is a WebSocket: ask for an upgrade",
                     *       "type": "urn:hypernode:problem:upgrade-required",
                     *       "title": "Upgrade Required"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": 429,
                     *       "detail": "this caller asks more often than it may",
                     *       "type": "urn:hypernode:problem:too-many-requests",
                     *       "title": "Too Many Requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": 503,
                     *       "detail": "this host has as many sockets as it may",
                     *       "type": "urn:hypernode:problem:too-many-sockets",
                     *       "title": "Service Unavailable"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong on our side, or the storage is away */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": 500,
                     *       "detail": "something went wrong on our side",
                     *       "traceId": "0HNQFOH5PKBKI",
                     *       "type": "urn:hypernode:problem:internal",
                     *       "title": "Internal Server Error"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
