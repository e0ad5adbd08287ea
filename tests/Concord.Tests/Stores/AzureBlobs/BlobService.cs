using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Concord.Tests.Stores.AzureBlobs;

/// <summary>What becomes of a request.</summary>
internal enum BlobFault
{
    None,

    /// <summary>It is not done, and the answer says so.</summary>
    Refused,

    /// <summary>It is not done, and there is no answer.</summary>
    Lost,

    /// <summary>It is done, and there is no answer.</summary>
    AnswerLost,

    /// <summary>There is no answer, and it is done later, when <see cref="BlobService.DoLate"/> is called.</summary>
    Late,

    /// <summary>It is done twice in a row, and the answer is that of the second time.</summary>
    Twice,
}

/// <summary>
/// A service of one blob, as far as stores use it: properties, ranges, pages, lengths, metadata, sequence numbers,
/// leases, and the conditions on them; with requests that are lost, late or done twice.
/// </summary>
internal sealed class BlobService : HttpMessageHandler
{
    private static readonly HttpRequestOptionsKey<byte[]> Body = new("body");

    private readonly Lock _lock = new();
    private readonly List<HttpRequestMessage> _late = [];
    private readonly Dictionary<string, string> _metadata = [];
    private string? _lease, _lapsed;
    private SparseBytes _content;
    private long _sequence;
    private int _version = 1, _requests;

    internal BlobService(byte[] content, bool isPages = true, int at = 0)
    {
        _content = new SparseBytes(content);
        IsPages = isPages;
        Address = new Uri($"https://account.blob.example.org/container/blob{at}?sv=1&sig=hidden");
    }

    internal Uri Address { get; }

    internal bool IsPages { get; }

    /// <summary>Asked for each request, with its number from 1 on and what it does.</summary>
    internal Func<int, string, BlobFault> FaultOf { get; set; } = static (_, _) => BlobFault.None;

    /// <summary>What requests did, in the order in which they came.</summary>
    internal List<string> Asked { get; } = [];

    internal int Requests => Volatile.Read(ref _requests);

    /// <summary>What a reader finds.</summary>
    internal byte[] Content
    {
        get
        {
            lock (_lock) return _content.ToArray();
        }
        set
        {
            lock (_lock) (_content, _version) = (new SparseBytes(value), _version + 1);
        }
    }

    internal IReadOnlyDictionary<string, string> Metadata => _metadata;

    internal long Sequence => _sequence;

    /// <summary>Does what was held back, in the reverse order.</summary>
    /// <returns>How many requests the service did not refuse.</returns>
    internal int DoLate()
    {
        lock (_lock)
        {
            int done = 0;
            for (int i = _late.Count - 1; i >= 0; i--)
            {
                using var answer = Answer(_late[i]);
                if (answer.IsSuccessStatusCode) done++;
            }

            _late.Clear();
            return done;
        }
    }

    /// <summary>The writer has not renewed its lease: it has ended, and anybody may have the next one.</summary>
    internal void LapseLease()
    {
        lock (_lock) (_lease, _lapsed) = (null, _lease);
    }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken) => Serve(
            request, request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken));

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        request.Content?.CopyTo(body, context: null, cancellationToken);
        return Serve(request, body.ToArray());
    }

    private HttpResponseMessage Serve(HttpRequestMessage request, byte[] body)
    {
        string what = Verb(request);
        lock (_lock)
        {
            request.Options.Set(Body, body);
            Asked.Add(what);
            int number = Interlocked.Increment(ref _requests);
            var fault = FaultOf(number, what);
            if (fault == BlobFault.Late) _late.Add(Copy(request, body));
            if (fault == BlobFault.Twice) Answer(request).Dispose();
            if (fault == BlobFault.Refused) return Error(request, 503, "ServerBusy");
            if (fault is BlobFault.Lost or BlobFault.Late) throw new HttpRequestException("the connection was lost");
            var answer = Answer(request);
            if (fault != BlobFault.AnswerLost) return answer;
            answer.Dispose();
            throw new HttpRequestException("the connection was lost");
        }
    }

    private static string Verb(HttpRequestMessage request)
    {
        string query = request.RequestUri!.Query;
        int at = query.IndexOf("comp=", StringComparison.Ordinal);
        return at < 0 ? request.Method.Method : query[(at + 5)..].Split('&')[0];
    }

    private static HttpRequestMessage Copy(HttpRequestMessage request, byte[] body)
    {
        var copy = new HttpRequestMessage(request.Method, request.RequestUri);
        foreach (var header in request.Headers) copy.Headers.TryAddWithoutValidation(header.Key, header.Value);
        copy.Options.Set(Body, body);
        return copy;
    }

    private HttpResponseMessage Answer(HttpRequestMessage request)
    {
        string verb = Verb(request);
        if (verb == "lease") return AnswerLease(request);
        if (!IsMatch(request)) return Error(request, 412, "ConditionNotMet");
        if (verb is "GET") return AnswerRange(request);
        if (verb is "HEAD") return Described(request, 200);
        string? lease = Header(request, "x-ms-lease-id");
        if (lease != _lease)
        {
            return Error(request, 412, lease is null ? "LeaseIdMissing"
                : _lease is null ? "LeaseNotPresentWithBlobOperation" : "LeaseIdMismatchWithBlobOperation");
        }

        return verb switch
        {
            "page" => AnswerPages(request),
            "metadata" => AnswerMetadata(request),
            "properties" => AnswerProperties(request),
            _ => Error(request, 400, "InvalidQueryParameterValue"),
        };
    }

    private bool IsMatch(HttpRequestMessage request) =>
        Header(request, "If-Match") is not { } wanted || wanted == Tag;

    private string Tag => $"\"0x{_version}\"";

    private HttpResponseMessage AnswerRange(HttpRequestMessage request)
    {
        var (first, last) = Range(request);
        if (first >= _content.Length) return Error(request, 416, "InvalidRange");
        last = Math.Min(last, _content.Length - 1);
        byte[] part = new byte[last - first + 1];
        _content.Read(first, part);
        var answer = Described(request, 206, part);
        answer.Content.Headers.ContentRange = new ContentRangeHeaderValue(first, last, _content.Length);
        return answer;
    }

    private HttpResponseMessage AnswerPages(HttpRequestMessage request)
    {
        long wanted = long.Parse(
            Header(request, "x-ms-if-sequence-number-eq") ?? $"{_sequence}", CultureInfo.InvariantCulture);
        if (wanted != _sequence) return Error(request, 412, "SequenceNumberConditionNotMet");
        var (first, last) = Range(request);
        request.Options.TryGetValue(Body, out byte[]? body);
        bool isGood = body is not null && first % 512 == 0 && (last + 1) % 512 == 0 && last < _content.Length
            && body!.Length == last - first + 1 && body.Length <= 4 << 20;
        if (!isGood) return Error(request, 416, "InvalidPageRange");
        _content.Write(first, body);
        _version++;
        return Described(request, 201);
    }

    private HttpResponseMessage AnswerMetadata(HttpRequestMessage request)
    {
        const string Prefix = "x-ms-meta-";
        _metadata.Clear();
        foreach (var header in request.Headers)
        {
            if (header.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
                _metadata[header.Key[Prefix.Length..]] = string.Join(' ', header.Value);
        }

        _version++;
        return Described(request, 200);
    }

    private HttpResponseMessage AnswerProperties(HttpRequestMessage request)
    {
        if (Header(request, "x-ms-blob-content-length") is { } length)
        {
            long bytes = long.Parse(length, CultureInfo.InvariantCulture);
            if (bytes % 512 != 0) return Error(request, 400, "InvalidHeaderValue");
            _content.SetLength(bytes);
        }

        if (Header(request, "x-ms-sequence-number-action") == "max")
        {
            _sequence = Math.Max(_sequence, long.Parse(
                Header(request, "x-ms-blob-sequence-number")!, CultureInfo.InvariantCulture));
        }

        _version++;
        return Described(request, 200);
    }

    private HttpResponseMessage AnswerLease(HttpRequestMessage request)
    {
        string? id = Header(request, "x-ms-lease-id");
        switch (Header(request, "x-ms-lease-action"))
        {
            case "acquire":
                string proposed = Header(request, "x-ms-proposed-lease-id")!;
                if (_lease is not null && _lease != proposed) return Error(request, 409, "LeaseAlreadyPresent");
                (_lease, _lapsed) = (proposed, null);
                break;
            case "break":
                if (_lease is null) return Error(request, 409, "LeaseNotPresentWithLeaseOperation");
                _lease = null;
                return Described(request, 202);
            case "renew" when id == _lapsed:
                (_lease, _lapsed) = (id, null);
                return Leased(request, 200);
            case "renew" or "release" when id != _lease:
                return Error(request, 409, "LeaseIdMismatchWithLeaseOperation");
            case "release":
                _lease = null;
                return Described(request, 200);
            case "renew":
                return Leased(request, 200);
        }

        return Leased(request, 201);
    }

    private HttpResponseMessage Leased(HttpRequestMessage request, int status)
    {
        var answer = Described(request, status);
        answer.Headers.Add("x-ms-lease-id", _lease);
        return answer;
    }

    private HttpResponseMessage Described(HttpRequestMessage request, int status, byte[]? body = null)
    {
        var answer = new HttpResponseMessage((HttpStatusCode)status)
        {
            RequestMessage = request,
            Content = new ByteArrayContent(body ?? []),
        };
        answer.Headers.TryAddWithoutValidation("ETag", Tag);
        answer.Headers.Add("x-ms-blob-type", IsPages ? "PageBlob" : "BlockBlob");
        if (IsPages) answer.Headers.Add("x-ms-blob-sequence-number", $"{_sequence}");
        foreach (var (name, value) in _metadata) answer.Headers.Add("x-ms-meta-" + name, value);
        answer.Content.Headers.LastModified = DateTimeOffset.UnixEpoch.AddSeconds(_version);
        answer.Content.Headers.ContentLength =
            request.Method == HttpMethod.Head ? _content.Length : body?.Length ?? 0;
        return answer;
    }

    /// <summary>An error in the service's words, which repeat what was sent to it.</summary>
    private static HttpResponseMessage Error(HttpRequestMessage request, int status, string code)
    {
        var answer = new HttpResponseMessage((HttpStatusCode)status)
        {
            RequestMessage = request,
            Content = new StringContent(
                $"<Error><Code>{code}</Code><Message><![CDATA[{request.RequestUri}]]></Message></Error>"),
        };
        answer.Content.Headers.ContentType = new MediaTypeHeaderValue("application/xml");
        answer.Headers.Add("x-ms-error-code", code);
        return answer;
    }

    private static string? Header(HttpRequestMessage request, string name) =>
        request.Headers.TryGetValues(name, out var values) ? values.First() : null;

    private static (long First, long Last) Range(HttpRequestMessage request)
    {
        string[] range = (Header(request, "x-ms-range") ?? Header(request, "Range"))!["bytes=".Length..].Split('-');
        return (long.Parse(range[0], CultureInfo.InvariantCulture), long.Parse(range[1], CultureInfo.InvariantCulture));
    }
}
