/* The till with script: the camera reads the code, in the browser where that can (BarcodeDetector), else by frames sent
   to the server; a chosen picture is sent at once; the undo button counts down and goes. Without script every page
   works: typed code, picture, undo. */
(function () {
  "use strict";

  var photo = document.getElementById("photo");
  if (photo) {
    photo.addEventListener("change", function () {
      if (photo.files.length) photo.form.requestSubmit();
    });
  }

  var camera = document.getElementById("till-camera");
  if (camera && navigator.mediaDevices && navigator.mediaDevices.getUserMedia) {
    camera.hidden = false;
    camera.querySelector("[data-start]").addEventListener("click", start);
  }

  function start() {
    var video = camera.querySelector("video");
    navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).then(function (stream) {
      camera.querySelector("[data-start]").hidden = true;
      video.hidden = false;
      video.srcObject = stream;
      return Promise.all([video.play(), reader()]).then(function (both) { look(video, both[1], stream); });
    }).catch(function () {
      camera.querySelector("[data-refused]").hidden = false;
    });
  }

  /* Return a function video → Promise of the code's text, "" while none is in sight. */
  function reader() {
    if (!("BarcodeDetector" in window)) return Promise.resolve(byServer);
    return window.BarcodeDetector.getSupportedFormats().then(function (formats) {
      if (formats.indexOf("qr_code") < 0) return byServer;
      var detector = new window.BarcodeDetector({ formats: ["qr_code"] });
      return function (video) {
        return detector.detect(video).then(function (found) { return found.length === 1 ? found[0].rawValue : ""; });
      };
    });
  }

  function byServer(video) {
    var part = Math.min(1, 960 / Math.max(video.videoWidth, video.videoHeight, 1));
    var canvas = document.createElement("canvas");
    canvas.width = Math.round(video.videoWidth * part);
    canvas.height = Math.round(video.videoHeight * part);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    return new Promise(function (done) { canvas.toBlob(done, "image/jpeg", 0.8); }).then(function (picture) {
      if (!picture) return "";
      var form = new FormData();
      form.append("photo", picture, "frame.jpg");
      return window.fetch(camera.dataset.frame, {
        method: "POST",
        body: form,
        headers: { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value }
      }).then(function (answer) { return answer.json(); }).then(function (answer) {
        var said = camera.querySelector("[data-said]");
        said.textContent = answer.error || "";
        said.hidden = !answer.error;
        return answer.code;
      });
    });
  }

  function look(video, read, stream) {
    read(video).then(function (text) {
      if (!text) return window.setTimeout(look, 250, video, read, stream);
      stream.getTracks().forEach(function (track) { track.stop(); });
      var field = document.getElementById("code");
      field.value = text;
      field.form.requestSubmit();
    }).catch(function () {
      window.setTimeout(look, 1000, video, read, stream);
    });
  }

  var countdown = document.querySelector("[data-countdown]");
  if (countdown) {
    var left = parseInt(countdown.dataset.countdown, 10);
    countdown.textContent = "(" + left + ")";
    window.setInterval(function () {
      left = Math.max(left - 1, 0);
      countdown.textContent = "(" + left + ")";
    }, 1000);
  }
})();
